//! The formats, read by other parsers.

#![allow(
    missing_docs,
    dead_code,
    clippy::panic,
    // A table needs one line for each row.
    clippy::too_many_lines,
    // Counts are exact.
    clippy::float_cmp
)]

#[path = "../support/mod.rs"]
mod support;

mod body_exemplars;
mod conventions;
mod exemplars;
mod golden;
mod native;
mod protobuf;
mod read_back;
mod schema;
