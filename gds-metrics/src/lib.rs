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
mod groups;
mod http;
mod instance;
mod labels;
mod metrics;
mod middleware;
#[cfg(feature = "process")]
mod process;
mod registry;
mod render;
pub mod schema;
mod scope;
mod scrapes;
mod set;
mod token_file;
mod unwind;

/// The traits of label types. Their derives have the same names, are our own, and are exported by
/// name, which goes before a glob.
mod encoding {
    pub use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
}

pub use gds_metrics_derive::{EncodeLabelSet, EncodeLabelValue, GdsMetricSet};
pub use prometheus_client::{
    self,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
};

pub use crate::{
    body::ObservedBody,
    builder::GdsMetricsBuilder,
    encoding::*,
    error::{ConfigError, EncodeError, RegisterError},
    exposition::Format,
    instance::GdsMetrics,
    labels::{ClosedLabelSet, ClosedLabelValue, LabelSet},
    metrics::{
        FamilyExt, GaugeExt, InProgress, Info, Observe, StateSet, Summary, Timer, TimerExt, UpDown,
    },
    middleware::{GdsMetricsMiddleware, RecordedFuture},
    schema::MetricKind,
    scope::MetricsScope,
    set::{FamilyMember, GdsMetricSet, Metric},
};

/// What the derives' code calls. Not a part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use std;

    pub use prometheus_client::encoding::{
        EncodeLabelSet, EncodeLabelValue, LabelSetEncoder, LabelValueEncoder,
    };

    pub use crate::{
        labels::{
            ClosedLabelSet, ClosedLabelValue, Label, LabelNames, Probe, Unknown, encode_label, zero,
        },
        metrics::buckets,
        schema::{Entry, Schema, check::check},
        set::{Buckets, GdsMetricSet, Metric, MetricField, MetricParts, SetBuilder, SetField},
    };
}
