//! Metrics of the application's own: families, histograms, sets, their schema, the registry.

mod compat;
pub(crate) mod labels;
pub(crate) mod metrics;
mod registry;
pub mod schema;
pub(crate) mod set;

pub(crate) use self::registry::MetricRegistry;
pub use self::{
    labels::{ClosedLabelSet, ClosedLabelValue, LabelSet},
    metrics::{
        FamilyExt, GaugeExt, InProgress, Info, Observe, StateSet, Summary, Timer, TimerExt, UpDown,
    },
    set::{FamilyMember, GdsMetricSet, Metric},
};
