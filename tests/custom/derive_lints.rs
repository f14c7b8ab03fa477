//! The generated code passes lints that a user may deny. (Clippy's lints run when clippy checks this file.)

// The derives cannot allow a forbidden lint.
#![forbid(unused_variables, nonstandard_style, deprecated)]
#![deny(
    warnings,
    unused,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    unused_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    non_ascii_idents,
    let_underscore_drop,
    future_incompatible,
    rust_2018_idioms,
    unused_results,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::shadow_reuse,
    clippy::missing_trait_methods,
    clippy::arithmetic_side_effects
)]

use gds_metrics::{
    Counter, EncodeLabelSet, EncodeLabelValue, Family, GdsMetricSet, GdsMetrics, Histogram,
    StateSet,
};

/// A set.
#[derive(Clone, Debug, GdsMetricSet)]
#[metric(prefix = "app", labels(team = "x"))]
pub struct Set<L: gds_metrics::LabelSet> {
    /// A counter.
    #[metric(zero)]
    pub counter: Family<Labels, Counter>,
    /// Of any labels.
    pub open: Family<L, Counter>,
    /// A histogram.
    #[metric(buckets = exponential(0.1, 2.0, 4))]
    pub histogram: Histogram,
    /// A state set.
    pub state: StateSet<Value>,
    /// Nested.
    #[metric(flatten)]
    pub nested: Nested,
    /// Skipped.
    #[metric(skip)]
    pub note: Option<L>,
}

/// A set.
#[derive(Clone, Debug, GdsMetricSet)]
pub struct Nested {}

/// A label set.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Labels {
    /// A label.
    pub value: Value,
    /// A label.
    pub option: Option<Value>,
}

/// A label set.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Borrowed<'a> {
    /// A label.
    pub value: &'a str,
}

/// A label value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Value {
    /// A value.
    One,
    /// Values.
    Many(bool),
}

/// A set.
#[deprecated]
#[derive(Clone, Debug, GdsMetricSet)]
pub struct Old {
    /// A gauge.
    #[deprecated]
    pub gauge: gds_metrics::Gauge,
    /// Skipped.
    #[metric(skip)]
    #[deprecated]
    pub note: Option<bool>,
}

/// A label set.
#[deprecated]
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OldLabels {
    /// A label.
    #[deprecated]
    pub value: Value,
    /// A label.
    #[deprecated]
    #[metric(display)]
    pub letter: char,
}

/// A label value.
#[deprecated]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum OldValue {
    /// A value.
    #[deprecated]
    One,
    /// Values.
    #[deprecated]
    Many(bool),
}

#[test]
// The lint applies to this test, not to the generated code.
#[allow(clippy::significant_drop_tightening)]
fn it_compiles() -> Result<(), Box<dyn std::error::Error>> {
    let metrics = GdsMetrics::builder().build()?;
    let set: Set<Borrowed<'static>> = metrics.register()?;
    assert!(set.note.is_none());
    let _before = set.open.get_or_create_owned(&Borrowed { value: "a" }).inc();
    assert_eq!(
        metrics.sample("app_open_total", &[("team", "x"), ("value", "a")]),
        Some(1.0)
    );
    Ok(())
}
