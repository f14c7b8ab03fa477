//! Standard Prometheus metrics for Actix Web.

#![forbid(unsafe_code)]

mod auth;
mod body;
mod build_info;
mod builder;
mod check;
mod config;
mod error;
mod exposition;
mod http;
mod instance;
mod middleware;
#[cfg(feature = "process")]
mod process;
mod render;
mod schema;
mod scope;
mod scrapes;
mod token_file;
mod unwind;

pub use crate::{
    body::ObservedBody,
    builder::GdsMetricsBuilder,
    error::{ConfigError, EncodeError},
    exposition::Format,
    instance::GdsMetrics,
    middleware::{GdsMetricsMiddleware, RecordedFuture},
    schema::MetricKind,
    scope::MetricsScope,
};
