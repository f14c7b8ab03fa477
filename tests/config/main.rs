//! The settings, from code and from the environment.

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

mod environment;
mod opentelemetry;
mod rotation;
mod secrets;
mod settings;
