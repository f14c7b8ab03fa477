//! What is recorded when clients, handlers and middlewares misbehave, over real sockets against a
//! real server with several workers.

#![allow(missing_docs, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod connections;
mod failures;
mod h2c;
mod load;
mod random;
mod shop;
mod shutdown;
