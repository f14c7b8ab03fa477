//! The definition of a registered family, without its values.

use crate::{
    custom::{labels::flat_names, schema::MetricDef, set::ConstantLabel},
    exposition::MetricKind,
};

/// A registered family.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    /// The name of the set's type.
    pub(crate) set: &'static str,
    /// The name for queries, see [`MetricSchema::name`](crate::schema::MetricSchema::name).
    pub(crate) name: String,
    pub(crate) kind: MetricKind,
    pub(crate) unit: Option<&'static str>,
    pub(crate) help: &'static str,
    /// The names of its labels, constant ones first; `None` if they are not known.
    pub(crate) labels: Option<Vec<String>>,
}

impl Definition {
    pub(super) fn new(def: &MetricDef, family: &str, constant: &[ConstantLabel]) -> Self {
        let own = match def.kind {
            MetricKind::StateSet => Some(vec![family]),
            _ => def.labels.and_then(flat_names),
        };
        let constant = constant.iter().map(|(name, _)| name.to_string());
        Self {
            set: def.set,
            name: format!("{family}{}", def.kind.sample_suffix()),
            kind: def.kind,
            unit: def.unit,
            help: def.help,
            labels: own.map(|own| constant.chain(own.into_iter().map(str::to_owned)).collect()),
        }
    }
}
