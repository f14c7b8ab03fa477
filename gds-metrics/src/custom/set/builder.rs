//! Makes the metrics of a set, before any of them is registered.

use std::{borrow::Cow, sync::Arc};

use super::{MetricField, SetField};
use crate::{
    custom::{
        metric::{Exposed, Options},
        metrics::buckets,
        schema::{MetricDef, SetDef, name::Name},
    },
    exposition::{
        Bounds, MetricKind,
        native::{Layout, Octaves},
        push_label,
    },
};

/// A name and a value.
pub(crate) type ConstantLabel = (Cow<'static, str>, Cow<'static, str>);

/// Makes the metrics of a set and collects them for registration.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct SetBuilder {
    /// Labels of every series, given at run time.
    labels: Vec<ConstantLabel>,
    /// Whether every histogram has native buckets too.
    native: bool,
    /// The fields around the set that is being built, outermost first.
    outer: Vec<SetDef>,
    pub(crate) pending: Vec<Pending>,
}

/// A metric that is not registered yet.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) def: MetricDef,
    /// The family's name.
    pub(crate) name: String,
    pub(crate) constant_labels: Vec<ConstantLabel>,
    pub(crate) exposed: Box<dyn Exposed>,
}

impl SetBuilder {
    pub(crate) fn new(labels: Vec<ConstantLabel>, native: bool) -> Self {
        Self {
            labels,
            native,
            ..Self::default()
        }
    }

    pub fn metric<M>(&mut self, field: &MetricField<M>) -> M {
        let name = self.name(&field.def);
        let of_sets = self.outer.iter().flat_map(|set| set.constant_labels);
        let written = of_sets
            .chain(field.def.constant_labels)
            .map(|(name, value)| (Cow::Borrowed(*name), Cow::Borrowed(*value)));
        let constant_labels: Vec<ConstantLabel> =
            self.labels.iter().cloned().chain(written).collect();

        let mut text = String::new();
        for (name, value) in &constant_labels {
            push_label(&mut text, name, value);
        }
        let bounds = Arc::new(Bounds::new(field.def.buckets.unwrap_or(buckets::DEFAULT)));
        let is_native = field.def.kind == MetricKind::Histogram && (self.native || field.native);
        let options = Options {
            name: name.as_str().into(),
            native: is_native.then(|| {
                // A family's name ends in its unit.
                let octaves = Octaves::new(name.rsplit('_').next(), &bounds);
                Arc::new(Layout::new(&bounds, octaves, 1.0))
            }),
            bounds,
            max_series: field.max_series.unwrap_or(Options::MAX_SERIES),
            constant_labels: text.into(),
            labels: field.def.labels,
        };
        let (metric, exposed) = field.make(&options);
        self.pending.push(Pending {
            def: field.def,
            name,
            constant_labels,
            exposed,
        });
        metric
    }

    pub fn set<T>(&mut self, field: &SetField<T>) -> T {
        self.outer.push(field.def);
        let set = field.build(self);
        self.outer.pop();
        set
    }

    fn name(&self, def: &MetricDef) -> String {
        let prefixes: Vec<&'static str> = self.outer.iter().flat_map(|set| set.prefix).collect();
        Name::ROOT.child(&prefixes).family(def)
    }
}
