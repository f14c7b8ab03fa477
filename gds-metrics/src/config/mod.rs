//! How it is set up: the builder, the environment, what a setting may hold.

mod build;
mod builder;
mod environment;
mod label_names;
mod naming;
mod opentelemetry;
mod values;

pub use self::{builder::GdsMetricsBuilder, label_names::LabelNames};
