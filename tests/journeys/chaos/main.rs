//! What is recorded when clients, handlers and middlewares misbehave, over real sockets against a
//! real server with several workers.

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

mod connections;
mod failures;
mod h2c;
mod load;
mod random;
mod shop;
mod shutdown;
