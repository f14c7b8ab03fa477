//! The constant that the derive writes for each field: everything that is known at compile time.
//!
//! Only this constant requires the field's type to be a metric or a set, so a wrong type is reported once.

use super::{GdsMetricSet, SetBuilder};
use crate::{
    custom::{
        labels::Label,
        metric::{Exposed, Metric, Options},
        metrics::buckets,
        schema::{MetricDef, SetDef, check, name},
    },
    exposition::MetricKind,
};

/// What the derive knows about a metric.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct MetricParts {
    pub set: &'static str,
    pub field: &'static str,
    /// With the prefix of its set.
    pub name: &'static str,
    /// Whether the name is given by `rename`.
    pub renamed: bool,
    pub unit: Option<&'static str>,
    /// Whether the unit or the name says that it is a fraction.
    pub is_ratio: bool,
    pub help: &'static str,
    pub labels: Option<&'static [Label]>,
    pub constant_labels: &'static [(&'static str, &'static str)],
    /// How many of them, from the first, are labels of the whole set.
    pub labels_of_set: usize,
    /// The bounds of a histogram.
    pub buckets: Option<&'static [f64]>,
    /// Whether a histogram has native buckets too.
    pub native: bool,
    pub max_series: Option<usize>,
    pub module: &'static str,
    pub file: &'static str,
    pub line: u32,
}

/// A field that is a metric of type `M`.
#[doc(hidden)]
#[derive(Debug)]
pub struct MetricField<M> {
    pub def: MetricDef,
    pub(super) native: bool,
    pub(super) max_series: Option<usize>,
    make: fn(&Options) -> M,
    exposed: fn(&M, &Options) -> Box<dyn Exposed>,
    zero: Option<fn(&M)>,
}

/// Makes a [`MetricField`]. It is a function, because rustc explains a missing bound of a method worse.
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
        labels_of_set: parts.labels_of_set,
        buckets: match (parts.buckets, M::KIND) {
            (None, MetricKind::Histogram) => Some(buckets::DEFAULT),
            (own, _) => own,
        },
        module: parts.module,
        file: parts.file,
        line: parts.line,
    };
    check::check_stem(&def);
    if !parts.renamed {
        check::check_suffix(&def);
    }
    check::check_field(&def, parts.buckets.is_some(), parts.native);
    if parts.is_ratio && M::WHOLE {
        check::whole_ratio(&def);
    }
    if M::HAS_EMPTY_STATE {
        check::empty_state(&def);
    }
    MetricField {
        def,
        native: parts.native,
        max_series: parts.max_series,
        make: M::make,
        exposed: M::exposed,
        zero: None,
    }
}

impl<M> MetricField<M> {
    /// Creates all series of the new metric.
    #[must_use]
    #[track_caller]
    pub const fn zero(mut self, (count, create): (usize, fn(&M))) -> Self {
        if let Some(limit) = self.max_series
            && count > limit
        {
            check::too_many_to_create(&self.def, count, limit);
        }
        self.zero = Some(create);
        self
    }

    /// Makes the metric, for the application and for scrapes.
    pub(super) fn make(&self, options: &Options) -> (M, Box<dyn Exposed>) {
        let metric = (self.make)(options);
        if let Some(zero) = self.zero {
            zero(&metric);
        }
        let exposed = (self.exposed)(&metric, options);
        (metric, exposed)
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
    (set, field): (&'static str, &'static str),
    prefix: [&'static str; 2],
    constant_labels: &'static [(&'static str, &'static str)],
    labels_of_set: usize,
) -> SetField<T> {
    SetField {
        def: SetDef {
            set,
            field,
            schema: T::SCHEMA,
            prefix,
            constant_labels,
            labels_of_set,
        },
        build: T::build,
    }
}

impl<T> SetField<T> {
    pub(super) fn build(&self, builder: &mut SetBuilder) -> T {
        (self.build)(builder)
    }
}
