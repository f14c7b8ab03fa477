//! The standard metrics: what is recorded of a request, and under which labels.

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

mod extended;
mod kinds;
mod labels;
mod opentelemetry;
mod properties;
mod recorded;
mod reference;
mod routing;
mod workers;
