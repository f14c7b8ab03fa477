//! What is observable from outside, one module for each part of it.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used
)]

#[path = "../support/mod.rs"]
mod support;

mod kinds;
mod labels;
mod recorded;
mod reference;
mod routing;
mod scrape;
