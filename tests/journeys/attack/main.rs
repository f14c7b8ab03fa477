//! Whatever methods, hosts and paths a client chooses, the metrics do not grow without bound.

#![allow(
    missing_docs,
    clippy::panic,
    // A table has as many rows as it needs.
    clippy::too_many_lines,
    // Counts are exact.
    clippy::float_cmp
)]

#[path = "../../support/mod.rs"]
mod support;

mod flood;
mod model;
mod races;
mod spellings;
mod statuses;
mod workers;
