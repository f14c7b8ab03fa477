//! The families of metric sets, and their members.

use std::sync::Arc;

#[cfg(feature = "monitoring")]
use super::definition::Definition;
use super::{
    headed::Headed,
    names::{Names, Owner},
};
use crate::{
    custom::{
        metric::Exposed,
        schema::MetricDef,
        set::{ConstantLabel, Pending},
    },
    error::RegisterError,
    exposition::{Header, MetricKind, Writer, push_label, write_counters},
};

/// The family of [`Families::write_folded`].
pub(crate) const FOLDED_SERIES: Header<'_> = Header {
    name: "gds_metrics_folded_series",
    kind: MetricKind::Counter,
    unit: None,
    help: "Look-ups of series that were counted under _other, because the family has too many",
};

/// The registered families. An addition makes a new value, so that a set is added as a whole or not at all, and
/// a scrape holds no lock.
#[derive(Clone, Debug)]
pub(super) struct Families {
    pub(super) names: Names,
    /// In the order of registration.
    list: Vec<Arc<RegisteredFamily>>,
}

#[derive(Clone, Debug)]
struct RegisteredFamily {
    def: MetricDef,
    name: String,
    /// One member for each set of constant labels, sorted by them.
    members: Vec<Arc<Member>>,
}

#[derive(Debug)]
struct Member {
    constant_labels: Vec<ConstantLabel>,
    /// The constant labels as text.
    labels: String,
    exposed: Box<dyn Exposed>,
}

impl Families {
    pub(super) fn new(names: Names) -> Self {
        Self {
            names,
            list: Vec::new(),
        }
    }

    /// Adds a metric.
    ///
    /// # Errors
    /// If one of its names is taken by another metric, or by the same metric with the same constant labels.
    pub(super) fn add(&mut self, metric: Pending) -> Result<(), RegisterError> {
        let member = Arc::new(Member::new(metric.constant_labels, metric.exposed));
        let (def, name) = (metric.def, metric.name);
        let Some((taken, owner)) = self.names.owner(&name, def.kind) else {
            self.names.insert(&name, def.kind, Owner::Set(def));
            self.list.push(Arc::new(RegisteredFamily {
                def,
                name,
                members: vec![member],
            }));
            return Ok(());
        };
        let same = |family: &&mut Arc<RegisteredFamily>| {
            family.name == name && family.def.is_same_field(&def)
        };
        match self.list.iter_mut().find(same) {
            Some(family) if family.members.iter().all(|other| other.is_beside(&member)) => {
                let family = Arc::make_mut(family);
                family.members.push(member);
                family.members.sort_by(|a, b| a.labels.cmp(&b.labels));
                Ok(())
            }
            Some(family) => Err(match family.members.first() {
                Some(other) if !other.has_names_of(&member) => RegisterError::OtherLabels {
                    definition: def.to_string(),
                    registered: other.label_names(),
                    given: member.label_names(),
                },
                _ => RegisterError::Twice {
                    set: def.set,
                    definition: def.to_string(),
                },
            }),
            None => Err(owner.has_taken(taken, &def)),
        }
    }

    pub(super) fn names_of_families(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|family| family.name.as_str())
    }

    #[cfg(feature = "monitoring")]
    pub(super) fn definitions(&self) -> Vec<Definition> {
        let of = |family: &Arc<RegisteredFamily>| {
            // All members have labels with the same names.
            let constant = family
                .members
                .first()
                .map(|member| &*member.constant_labels);
            Definition::new(&family.def, &family.name, constant.unwrap_or_default())
        };
        self.list.iter().map(of).collect()
    }

    pub(super) fn write(&self, writer: &mut dyn Writer) {
        for family in &self.list {
            let header = Header {
                name: &family.name,
                kind: family.def.kind,
                unit: family.def.unit,
                help: family.def.help,
            };
            let mut samples = Headed::new(writer, &header);
            for member in &family.members {
                member.exposed.write(&mut samples);
            }
        }
        self.write_folded(writer);
    }

    /// Writes the number of folded look-ups of each family with a limit.
    fn write_folded(&self, writer: &mut dyn Writer) {
        let folded: Vec<(String, u64)> = self
            .list
            .iter()
            .filter_map(|family| {
                let counts = family.members.iter().map(|member| member.exposed.folded());
                let count = counts.collect::<Option<Vec<u64>>>()?.iter().sum();
                let name = format!("{}{}", family.name, family.def.kind.sample_suffix());
                Some((name, count))
            })
            .collect();
        if !folded.is_empty() {
            let folded = folded.iter().map(|(name, count)| (name.as_str(), *count));
            write_counters(writer, &FOLDED_SERIES, "family", folded, None);
        }
    }

    pub(super) fn samples(&self) -> usize {
        self.exposed().map(Exposed::samples).sum()
    }

    /// The bytes of the labels of all samples, for families.
    pub(super) fn label_bytes(&self) -> usize {
        self.exposed().map(Exposed::label_bytes).sum()
    }

    /// Whether writing them runs the application's code.
    pub(super) fn are_foreign(&self) -> bool {
        self.exposed().any(Exposed::is_foreign)
    }

    fn exposed(&self) -> impl Iterator<Item = &dyn Exposed> {
        let members = self.list.iter().flat_map(|family| &family.members);
        members.map(|member| &*member.exposed)
    }
}

impl Member {
    fn new(constant_labels: Vec<ConstantLabel>, exposed: Box<dyn Exposed>) -> Self {
        let mut labels = String::new();
        for (name, value) in &constant_labels {
            push_label(&mut labels, name, value);
        }
        Self {
            constant_labels,
            labels,
            exposed,
        }
    }

    /// Whether both members have constant labels with the same names and different values.
    fn is_beside(&self, other: &Self) -> bool {
        let sorted = |member: &Self| {
            let mut labels = member.constant_labels.clone();
            labels.sort_unstable();
            labels
        };
        self.has_names_of(other) && sorted(self) != sorted(other)
    }

    fn has_names_of(&self, other: &Self) -> bool {
        self.label_names() == other.label_names()
    }

    /// The sorted names of the constant labels.
    fn label_names(&self) -> Vec<String> {
        let names = self.constant_labels.iter().map(|(name, _)| name);
        let mut names: Vec<String> = names.map(ToString::to_string).collect();
        names.sort_unstable();
        names
    }
}
