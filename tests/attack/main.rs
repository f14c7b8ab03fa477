//! What a client can do to the metrics by choosing methods, hosts and paths: nothing that grows.

#![allow(missing_docs, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod flood;
mod model;
mod workers;
