//! Making the metrics of a set, before anything is registered.

use std::borrow::Cow;

use prometheus_client::registry::Registry;

use super::{MetricField, SetField};
use crate::custom::schema::{MetricDef, SetDef, name::Name};

/// Makes the metrics of a set and notes what is to be registered.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct SetBuilder {
    /// The fields that the set being built is nested in, outermost first.
    outer: Vec<SetDef>,
    pub(crate) pending: Vec<Pending>,
}

/// A metric that has been made and not been registered.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) def: MetricDef,
    /// The family's name.
    pub(crate) name: String,
    /// Has this one family, without help and unit.
    pub(crate) registry: Registry,
}

impl SetBuilder {
    pub fn metric<M>(&mut self, field: &MetricField<M>) -> M {
        let metric = field.make();
        let name = self.name(&field.def);
        let constant_labels = self
            .outer
            .iter()
            .flat_map(|set| set.constant_labels)
            .chain(field.def.constant_labels);

        let mut registry = Registry::with_labels(
            constant_labels.map(|(name, value)| (Cow::Borrowed(*name), Cow::Borrowed(*value))),
        );
        field.expose(&metric, &name, &mut registry);
        self.pending.push(Pending {
            def: field.def,
            name,
            registry,
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
