//! What a scraper meets: the resource, who may scrape, the format it gets, rendering off the event loop.

mod access;
#[cfg(feature = "live-page")]
mod live;
mod negotiate;
mod render;
mod rendered;
mod resource;
mod scrapes;
mod token_file;

pub use self::resource::MetricsScope;
pub(crate) use self::{
    access::{Access, Addresses, Tokens},
    render::{Expected, RenderError, Renderer, write},
    rendered::Rendered,
    scrapes::{FAMILIES, Scrapes},
    token_file::{TOKEN_FILE, TokenFile, check_token},
};
