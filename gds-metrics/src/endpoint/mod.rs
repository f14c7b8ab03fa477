//! The metrics endpoint: the resource, access control, content negotiation, rendering off the event loop.

mod access;
mod body;
#[cfg(feature = "gzip")]
mod gzip;
#[cfg(feature = "live-page")]
mod live;
mod memory;
mod negotiate;
mod pace;
mod render;
mod renderer;
mod resource;
mod scrapes;
#[cfg(test)]
mod tests;
mod thread;
mod token_file;
mod writing;

pub use self::resource::MetricsScope;
pub(crate) use self::{
    access::{Access, Addresses, Tokens},
    resource::{Endpoint, EndpointSettings, RESOURCE},
    scrapes::{FAMILIES, Scrapes},
    token_file::{TOKEN_FILE, TokenFile, check_token},
    writing::write,
};
