//! Custom metrics of the application: metric types, sets, their schema, and the registry.

mod compat;
pub(crate) mod label_display;
mod label_render;
mod label_text;
pub(crate) mod labels;
pub(crate) mod metric;
pub(crate) mod metrics;
mod registry;
pub mod schema;
pub(crate) mod set;

#[cfg(feature = "monitoring")]
pub(crate) use self::registry::Definition;
pub(crate) use self::registry::{FOLDED_SERIES, MetricRegistry};
pub use self::{
    labels::{ClosedLabelSet, ClosedLabelValue, FamilyLabels, LabelSet, NamedLabels},
    metric::{FamilyMember, Metric},
    metrics::{
        ClosedFamily, CounterFn, Family, FloatCounter, FloatGauge, GaugeExt, GaugeFn, Histogram,
        InProgress, Info, Observe, StateSet, Summary, Timer, UpDown,
    },
    set::GdsMetricSet,
};
