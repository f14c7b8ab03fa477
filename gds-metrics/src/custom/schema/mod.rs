//! What a metric set contains: the names, kinds, units, help and labels of its metrics.
//!
//! Every `#[derive(GdsMetricSet)]` generates a constant [`Schema`]: `Set::SCHEMA`. The constant contains the name, kind,
//! unit, help, labels and source line of each metric, and needs no server and no registry:
//!
//! ```
//! use gds_metrics::{Counter, GdsMetricSet, schema};
//!
//! #[derive(Clone, Debug, GdsMetricSet)]
//! #[metric(prefix = "shop")]
//! struct ShopMetrics {
//!     /// Orders placed.
//!     orders: Counter,
//! }
//!
//! let orders = &ShopMetrics::SCHEMA.metrics()[0];
//! assert_eq!(orders.name(), "shop_orders_total");
//! assert_eq!(orders.help(), "Orders placed");
//!
//! let table = schema::markdown(&[ShopMetrics::SCHEMA]);
//! assert!(table.contains("| `shop_orders_total` | counter |"));
//! ```
//!
//! [`markdown()`] creates a table for people, and [`json()`] creates a list for programs.

pub(crate) mod check;
mod def;
pub(crate) mod help;
mod json;
mod markdown;
pub(crate) mod name;
mod same;

use self::name::Name;
pub use self::{
    def::{Entry, MetricDef, Schema, SetDef},
    json::json,
    markdown::markdown,
};
use super::labels::flat_names;
use crate::exposition::MetricKind;

impl Schema {
    /// The name of the type, without its path and generics.
    #[must_use]
    pub const fn set(&self) -> &'static str {
        self.set
    }

    /// The metrics in the order of the fields. The metrics of a nested set are at the position of its field.
    ///
    /// ```
    /// # use gds_metrics::{GdsMetricSet, Gauge};
    /// #[derive(GdsMetricSet)]
    /// struct Sessions {
    ///     /// Sessions that are open now.
    ///     sessions_open: Gauge,
    /// }
    ///
    /// let names: Vec<_> = Sessions::SCHEMA.metrics().iter().map(|m| m.name().to_owned()).collect();
    /// assert_eq!(names, ["sessions_open"]);
    /// ```
    #[must_use]
    pub fn metrics(&self) -> Vec<MetricSchema> {
        let mut metrics = Vec::new();
        self.collect(Name::ROOT, &[], &mut metrics);
        metrics
    }

    fn collect(
        &self,
        parent: Name<'_>,
        outer: &[(&'static str, &'static str)],
        metrics: &mut Vec<MetricSchema>,
    ) {
        for entry in self.entries {
            match entry {
                Entry::Metric(def) => metrics.push(MetricSchema {
                    name: parent.join(def),
                    constant_labels: [outer, def.constant_labels].concat(),
                    def: *def,
                }),
                Entry::Set(def) => {
                    let labels = [outer, def.constant_labels].concat();
                    def.schema
                        .collect(parent.child(&def.prefix), &labels, metrics);
                }
            }
        }
    }
}

/// One metric of a [`Schema`].
#[derive(Clone, Debug)]
pub struct MetricSchema {
    name: String,
    constant_labels: Vec<(&'static str, &'static str)>,
    def: MetricDef,
}

impl MetricSchema {
    /// The name for queries: with the `_total` of a counter and the `_info` of an info, without the `_bucket`,
    /// `_sum` and `_count` of a histogram.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind of the metric.
    #[must_use]
    pub fn kind(&self) -> MetricKind {
        self.def.kind
    }

    /// The unit, such as `seconds`, if it has one.
    #[must_use]
    pub fn unit(&self) -> Option<&'static str> {
        self.def.unit
    }

    /// The help text.
    #[must_use]
    pub fn help(&self) -> &'static str {
        self.def.help
    }

    /// The names of the labels that distinguish its series; `None` if the label type does not know them.
    ///
    /// Types with [`#[derive(EncodeLabelSet)]`](derive@crate::EncodeLabelSet) know them. So does a type parameter
    /// of a generic set once the set is used with such a type.
    #[must_use]
    pub fn labels(&self) -> Option<Vec<&str>> {
        if self.def.kind == MetricKind::StateSet {
            return Some(vec![&self.name]);
        }
        flat_names(self.def.labels?)
    }

    /// The labels that every series has, with their values.
    #[must_use]
    pub fn constant_labels(&self) -> &[(&'static str, &'static str)] {
        &self.constant_labels
    }

    /// The upper bounds of a histogram's buckets without `+Inf`; `None` for other kinds.
    #[must_use]
    pub fn buckets(&self) -> Option<&'static [f64]> {
        self.def.buckets
    }

    /// The set and the field of the definition, as `Set::field`.
    #[must_use]
    pub fn definition(&self) -> String {
        format!("{}::{}", self.def.set, self.def.field)
    }

    /// The path of the file with the definition, as the compiler received it.
    #[must_use]
    pub fn file(&self) -> &'static str {
        self.def.file
    }

    /// The line of the definition. The first line is 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.def.line
    }
}
