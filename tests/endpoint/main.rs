//! The endpoint, as a scraper sees it.

#![allow(
    missing_docs,
    dead_code,
    clippy::panic,
    // A table has as many rows as it needs.
    clippy::too_many_lines,
    // Counts are exact.
    clippy::float_cmp
)]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod live_page;
mod rendering;
mod scrape;
#[cfg(target_os = "linux")]
mod threads;
mod tls;
