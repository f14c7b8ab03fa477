//! What is observable from outside, one module for each part of it.

#![allow(
    missing_docs,
    clippy::panic,
    // A table has as many rows as it needs.
    clippy::too_many_lines,
    // Counts are exact.
    clippy::float_cmp
)]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod environment;
mod extended;
mod kinds;
mod labels;
mod live_page;
mod properties;
mod protobuf;
mod read_back;
mod recorded;
mod reference;
mod rendering;
mod rotation;
mod routing;
mod scrape;
mod secrets;
mod settings;
