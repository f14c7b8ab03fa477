//! The names that are taken, and their owners.

use std::{collections::HashMap, fmt};

use crate::{custom::schema::MetricDef, error::RegisterError, exposition::MetricKind};

/// Maps every name that a family owns (see [`MetricKind::suffixes`]) to its owner.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    owners: HashMap<String, Owner>,
}

/// Who owns a name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owner {
    /// This crate.
    Crate,
    /// Prometheus, which writes it for each target.
    Prometheus,
    Set(MetricDef),
    /// `register_with`.
    Foreign,
}

impl Names {
    /// The first name of this family that is taken, and its owner.
    pub(super) fn owner(&self, family: &str, kind: MetricKind) -> Option<(String, Owner)> {
        kind.suffixes().iter().find_map(|suffix| {
            let name = format!("{family}{suffix}");
            let owner = *self.owners.get(&name)?;
            // Only samples can clash with Prometheus's names, not the name of a family.
            let minds = !matches!(owner, Owner::Prometheus) || kind.has_sample(suffix);
            minds.then_some((name, owner))
        })
    }

    pub(super) fn insert(&mut self, family: &str, kind: MetricKind, owner: Owner) {
        for suffix in kind.suffixes() {
            self.owners.insert(format!("{family}{suffix}"), owner);
        }
    }
}

impl Owner {
    /// The error of `def`, whose name `name` has this owner.
    pub(super) fn has_taken(self, name: String, def: &MetricDef) -> RegisterError {
        let (mut definition, mut owner) = (def.to_string(), self.to_string());
        if let Self::Set(other) = self
            && other.looks_like(def)
        {
            if other.module != def.module {
                definition = format!("{}::{def}", def.module);
                owner = format!("`{}::{other}`", other.module);
            } else if let Some(what) = def.differs(&other) {
                owner = format!("{owner} with another {what}");
            }
        }
        RegisterError::Taken {
            name,
            definition,
            owner,
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crate => f.write_str("gds-metrics itself"),
            Self::Prometheus => f.write_str("Prometheus itself, which writes it for each target"),
            Self::Set(def) => write!(f, "`{def}`"),
            Self::Foreign => f.write_str("another family of `register_with`"),
        }
    }
}
