//! Checks the labels of a metric, including those of outer sets.

use super::{HASH_START, MESSAGE, hash};
use crate::{
    custom::{
        labels::Label,
        schema::{
            MetricDef,
            name::{self, Text},
        },
    },
    exposition::MetricKind,
};

/// The constant labels of a set and of the sets around it.
#[derive(Clone, Copy)]
pub(super) struct Constants<'a> {
    pub(super) outer: Option<&'a Constants<'a>>,
    pub(super) labels: &'a [(&'static str, &'static str)],
}

impl Constants<'_> {
    pub(super) const ROOT: Constants<'static> = Constants {
        outer: None,
        labels: &[],
    };

    /// Digests of the names and of the values, in their order.
    pub(super) const fn digests(&self) -> (u64, u64) {
        let (mut names, mut values) = match self.outer {
            Some(outer) => outer.digests(),
            None => (HASH_START, HASH_START),
        };
        let mut rest = self.labels;
        while let [(name, value), tail @ ..] = rest {
            // Neither names nor values contain these separators.
            names = hash(hash(names, name), "\n");
            values = hash(hash(values, value), "\0");
            rest = tail;
        }
        (names, values)
    }

    pub(super) const fn contains(&self, label: &str) -> bool {
        let mut rest = self.labels;
        while let [(name, _), tail @ ..] = rest {
            if name::eq(name, label) {
                return true;
            }
            rest = tail;
        }
        match self.outer {
            Some(outer) => outer.contains(label),
            None => false,
        }
    }
}

/// Reports a label that occurs twice, or that metrics of this kind write themselves.
#[track_caller]
pub(super) const fn check_labels(def: &MetricDef, constants: Constants<'_>) {
    let own = Constants {
        outer: Some(&constants),
        labels: def.constant_labels,
    };
    let mut rest = def.constant_labels;
    while let [(label, _), tail @ ..] = rest {
        if constants.contains(label) {
            twice(label, def.set, def.field);
        }
        if is_reserved(label, def.kind) {
            reserved(label, def);
        }
        rest = tail;
    }
    if let Some(labels) = def.labels {
        let mut seen = Labels {
            names: [""; 64],
            len: 0,
        };
        check_label_set(labels, def, own, &mut seen);
    }
}

/// The names of a family's labels so far, those of flattened sets included.
struct Labels {
    names: [&'static str; 64],
    len: usize,
}

impl Labels {
    /// Inserts `label`, and returns whether it was there already.
    const fn insert(&mut self, label: &'static str) -> bool {
        let mut i = 0;
        while i < self.len {
            if name::eq(self.names[i], label) {
                return true;
            }
            i += 1;
        }
        if self.len < self.names.len() {
            self.names[self.len] = label;
            self.len += 1;
        }
        false
    }
}

#[track_caller]
const fn check_label_set(
    labels: &'static [Label],
    def: &MetricDef,
    constants: Constants<'_>,
    seen: &mut Labels,
) {
    let mut rest = labels;
    while let [label, tail @ ..] = rest {
        match label {
            Label::Name(label) => {
                if constants.contains(label) || seen.insert(label) {
                    twice(label, def.set, def.field);
                }
                if is_reserved(label, def.kind) {
                    reserved(label, def);
                }
            }
            Label::Set(Some(labels)) => check_label_set(labels, def, constants, seen),
            Label::Set(None) => {}
        }
        rest = tail;
    }
}

const fn is_reserved(label: &str, kind: MetricKind) -> bool {
    match kind {
        MetricKind::Histogram => name::eq(label, "le"),
        MetricKind::Summary => name::eq(label, "quantile"),
        _ => false,
    }
}

#[track_caller]
pub(super) const fn reserved(label: &str, def: &MetricDef) -> ! {
    let mut text = Text::<MESSAGE>::new();
    text.push("`");
    text.push(def.set);
    text.push("::");
    text.push(def.field);
    text.push("` is a ");
    text.push(def.kind.as_str());
    text.push(", which has a label `");
    text.push(label);
    text.push("` of its own: rename yours with `#[metric(rename = \"…\")]`");
    panic!("{}", text.as_str());
}

#[track_caller]
pub(super) const fn twice(label: &str, set: &str, field: &str) -> ! {
    let mut text = Text::<MESSAGE>::new();
    text.push("`");
    text.push(set);
    if !field.is_empty() {
        text.push("::");
        text.push(field);
    }
    text.push("` would have the label `");
    text.push(label);
    text.push("` twice: rename or remove one of them");
    panic!("{}", text.as_str());
}
