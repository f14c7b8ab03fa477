//! Configuration: the builder, the environment, and the rules for values.

mod build;
mod builder;
mod environment;
mod label_names;
mod naming;
mod opentelemetry;
mod values;

pub use self::{builder::GdsMetricsBuilder, label_names::LabelNames};
