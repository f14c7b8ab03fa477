//! Configuration: the builder, the environment, and the rules for values.

mod build;
mod builder;
mod environment;
mod values;

pub use self::builder::GdsMetricsBuilder;
