//! The constants that the derive writes for a set.

use std::fmt;

use crate::{custom::labels::Label, exposition::MetricKind};

/// What a metric set contains, including nested sets. See the [module](crate::schema).
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    pub(super) set: &'static str,
    pub(super) entries: &'static [Entry],
}

impl Schema {
    /// Called by the derive.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(set: &'static str, entries: &'static [Entry]) -> Self {
        Self { set, entries }
    }
}

/// A field of a set.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Entry {
    Metric(MetricDef),
    Set(SetDef),
}

/// A field that is a metric.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct MetricDef {
    pub set: &'static str,
    pub field: &'static str,
    /// With the prefix of its own set, and without the `_total` of a counter or the `_info` of an info.
    pub name: &'static str,
    pub kind: MetricKind,
    pub unit: Option<&'static str>,
    pub help: &'static str,
    /// `None` if they are not known.
    pub labels: Option<&'static [Label]>,
    pub constant_labels: &'static [(&'static str, &'static str)],
    /// How many of them, from the first, are labels of the whole set.
    pub labels_of_set: usize,
    /// The bounds, if it is a histogram.
    pub buckets: Option<&'static [f64]>,
    /// The module of the set. A macro can write sets with the same file and line into several modules.
    pub module: &'static str,
    pub file: &'static str,
    pub line: u32,
}

impl fmt::Display for MetricDef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}::{} ({}:{})",
            self.set, self.field, self.file, self.line
        )
    }
}

/// A field that is another set.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct SetDef {
    /// The outer set.
    pub set: &'static str,
    pub field: &'static str,
    pub schema: &'static Schema,
    /// The prefixes of the outer set and of the field. Each may be empty.
    pub prefix: [&'static str; 2],
    pub constant_labels: &'static [(&'static str, &'static str)],
    /// How many of them, from the first, are labels of the whole outer set.
    pub labels_of_set: usize,
}
