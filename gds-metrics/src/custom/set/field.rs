//! What the derive writes for each field: all that is known of it before the program runs.
//!
//! Each field has one such constant, and it is the only place that asks for the field's type to be a
//! metric or a set: a wrong type is reported once.

use prometheus_client::{metrics::histogram::Histogram, registry::Registry};

use super::{GdsMetricSet, Metric, SetBuilder};
use crate::{
    custom::{
        labels::Label,
        metrics::buckets,
        schema::{MetricDef, SetDef, check, name},
    },
    exposition::MetricKind,
};

/// The bounds of a field's histograms, twice: a `Family` needs a function without captures.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Buckets {
    pub bounds: &'static [f64],
    pub histogram: fn() -> Histogram,
}

impl Buckets {
    /// The Python client's bounds.
    pub const DEFAULT: Self = Self {
        bounds: buckets::DEFAULT,
        histogram: || Histogram::new(buckets::DEFAULT.iter().copied()),
    };
}

/// What the derive knows of a metric.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct MetricParts {
    pub set: &'static str,
    pub field: &'static str,
    /// With the prefix of its set.
    pub name: &'static str,
    pub unit: Option<&'static str>,
    pub help: &'static str,
    pub labels: Option<&'static [Label]>,
    pub constant_labels: &'static [(&'static str, &'static str)],
    pub buckets: Option<Buckets>,
    pub file: &'static str,
    pub line: u32,
}

/// A field that is a metric of type `M`.
#[doc(hidden)]
#[derive(Debug)]
pub struct MetricField<M> {
    pub def: MetricDef,
    buckets: Buckets,
    make: fn(Buckets) -> M,
    expose: fn(&M, &str, &mut Registry),
    zero: Option<fn(&M)>,
}

/// Makes a [`MetricField`]. A function, since a method's missing bound is explained worse.
#[doc(hidden)]
#[must_use]
#[track_caller]
pub const fn metric_field<M: Metric>(parts: MetricParts) -> MetricField<M> {
    let def = MetricDef {
        set: parts.set,
        field: parts.field,
        name: match M::KIND {
            MetricKind::Counter => name::strip_word(parts.name, "total"),
            MetricKind::Info => name::strip_word(parts.name, "info"),
            _ => parts.name,
        },
        kind: M::KIND,
        unit: parts.unit,
        help: parts.help,
        labels: parts.labels,
        constant_labels: parts.constant_labels,
        file: parts.file,
        line: parts.line,
    };
    check::check_field(&def, parts.buckets.is_some());
    MetricField {
        def,
        buckets: match parts.buckets {
            Some(buckets) => buckets,
            None => Buckets::DEFAULT,
        },
        make: M::make,
        expose: M::expose,
        zero: None,
    }
}

impl<M> MetricField<M> {
    /// Calls `zero` on the new metric.
    #[must_use]
    pub const fn zero(mut self, zero: fn(&M)) -> Self {
        self.zero = Some(zero);
        self
    }

    pub(super) fn make(&self) -> M {
        let metric = (self.make)(self.buckets);
        if let Some(zero) = self.zero {
            zero(&metric);
        }
        metric
    }

    pub(super) fn expose(&self, metric: &M, name: &str, registry: &mut Registry) {
        (self.expose)(metric, name, registry);
    }
}

/// A field that is a set of type `T`.
#[doc(hidden)]
#[derive(Debug)]
pub struct SetField<T> {
    pub def: SetDef,
    build: fn(&mut SetBuilder) -> T,
}

/// Makes a [`SetField`].
#[doc(hidden)]
#[must_use]
pub const fn set_field<T: GdsMetricSet>(
    prefix: [&'static str; 2],
    constant_labels: &'static [(&'static str, &'static str)],
) -> SetField<T> {
    SetField {
        def: SetDef {
            schema: T::SCHEMA,
            prefix,
            constant_labels,
        },
        build: T::build,
    }
}

impl<T> SetField<T> {
    pub(super) fn build(&self, builder: &mut SetBuilder) -> T {
        (self.build)(builder)
    }
}
