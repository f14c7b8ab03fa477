//! Checks the labels of a metric, including those of outer sets.

use super::{HASH_START, MESSAGE, hash};
use crate::custom::{
    labels::Label,
    schema::{
        MetricDef, SetDef,
        name::{self, Text},
    },
};

/// The constant labels of a field and of the fields around it.
#[derive(Clone, Copy)]
pub(super) struct Constants<'a> {
    outer: Option<&'a Constants<'a>>,
    set: &'a str,
    field: &'a str,
    labels: &'a [(&'static str, &'static str)],
    /// How many of them, from the first, are labels of the whole set.
    of_set: usize,
}

/// Where a label is written.
#[derive(Clone, Copy)]
pub(super) enum Origin<'a> {
    LabelSet,
    Set(&'a str),
    Field(&'a str, &'a str),
}

impl<'a> Constants<'a> {
    pub(super) const ROOT: Constants<'static> = Constants {
        outer: None,
        set: "",
        field: "",
        labels: &[],
        of_set: 0,
    };

    /// Those of a metric inside.
    pub(super) const fn of_metric(&'a self, def: &'a MetricDef) -> Self {
        Self {
            outer: Some(self),
            set: def.set,
            field: def.field,
            labels: def.constant_labels,
            of_set: def.labels_of_set,
        }
    }

    /// Those of a set inside.
    pub(super) const fn of_set(&'a self, def: &'a SetDef) -> Self {
        Self {
            outer: Some(self),
            set: def.set,
            field: def.field,
            labels: def.constant_labels,
            of_set: def.labels_of_set,
        }
    }

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
        self.origin(label).is_some()
    }

    const fn origin(&self, label: &str) -> Option<Origin<'a>> {
        let mut i = 0;
        while i < self.labels.len() {
            if name::eq(self.labels[i].0, label) {
                return Some(self.origin_of(i));
            }
            i += 1;
        }
        match self.outer {
            Some(outer) => outer.origin(label),
            None => None,
        }
    }

    const fn origin_of(&self, label: usize) -> Origin<'a> {
        if label < self.of_set {
            Origin::Set(self.set)
        } else {
            Origin::Field(self.set, self.field)
        }
    }

    /// Reports a label that the fields around this one have as well.
    #[track_caller]
    pub(super) const fn check(&self) {
        let Some(outer) = self.outer else { return };
        let mut i = 0;
        while i < self.labels.len() {
            let (label, _) = self.labels[i];
            if let Some(origin) = outer.origin(label) {
                twice(label, self, [origin, self.origin_of(i)]);
            }
            i += 1;
        }
    }
}

/// Reports a label that occurs twice, or that metrics of this kind write themselves.
#[track_caller]
pub(super) const fn check_labels(def: &MetricDef, constants: Constants<'_>) {
    let own = constants.of_metric(def);
    own.check();
    if let Some(label) = def.kind.own_label()
        && own.contains(label)
    {
        reserved(label, def, IN_LABELS);
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
                if let Some(origin) = constants.origin(label) {
                    twice(label, &constants, [origin, Origin::LabelSet]);
                }
                if seen.insert(label) {
                    twice(label, &constants, [Origin::LabelSet; 2]);
                }
                if let Some(reserved_label) = def.kind.own_label()
                    && name::eq(label, reserved_label)
                {
                    reserved(
                        label,
                        def,
                        "rename the field of the label set, as with `#[metric(rename = \"…\")]`",
                    );
                }
            }
            Label::Set(Some(labels)) => check_label_set(labels, def, constants, seen),
            Label::Set(None) => {}
        }
        rest = tail;
    }
}

/// What to do about a reserved label in `labels(…)`.
pub(super) const IN_LABELS: &str = "choose another name in `labels(…)`";

#[track_caller]
pub(super) const fn reserved(label: &str, def: &MetricDef, instead: &str) -> ! {
    let mut text = Text::<MESSAGE>::new();
    text.push("`");
    text.push(def.set);
    text.push("::");
    text.push(def.field);
    text.push("` is a ");
    text.push(def.kind.as_str());
    text.push(", which has a label `");
    text.push(label);
    text.push("` of its own: ");
    text.push(instead);
    panic!("{}", text.as_str());
}

#[track_caller]
const fn twice(label: &str, field: &Constants<'_>, origins: [Origin<'_>; 2]) -> ! {
    let mut text = Text::<MESSAGE>::new();
    text.push("`");
    text.push(field.set);
    text.push("::");
    text.push(field.field);
    text.push("` would have the label `");
    text.push(label);
    text.push("` twice, from ");
    if let [Origin::LabelSet, Origin::LabelSet] = origins {
        text.push("two fields of its label set");
    } else {
        let [first, second] = origins;
        push_origin(&mut text, first);
        text.push(" and from ");
        push_origin(&mut text, second);
    }
    text.push(": rename or remove one of them");
    panic!("{}", text.as_str());
}

const fn push_origin(text: &mut Text<MESSAGE>, origin: Origin<'_>) {
    match origin {
        Origin::LabelSet => text.push("a field of its label set"),
        Origin::Set(set) => {
            text.push("`labels(…)` of the struct `");
            text.push(set);
            text.push("`");
        }
        Origin::Field(set, field) => {
            text.push("`labels(…)` of the field `");
            text.push(set);
            text.push("::");
            text.push(field);
            text.push("`");
        }
    }
}
