//! Standard Prometheus metrics for Actix Web.

#![forbid(unsafe_code)]

mod error;
mod exposition;
mod schema;

pub use crate::{error::EncodeError, exposition::Format, schema::MetricKind};
