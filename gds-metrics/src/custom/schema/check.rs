//! Checks of a set at compile time, across nested sets and generics.
//!
//! The derive checks what it sees, with better spans. It does not see what a type alias stands for or what a
//! nested set contains. Constants that panic check that here.

// A constant reports an error by a panic at compile time.
#![allow(clippy::panic, clippy::manual_assert, clippy::missing_panics_doc)]
// It is never on a stack at run time.
#![allow(clippy::large_stack_arrays)]

mod buckets;
mod labels;

use labels::{Constants, IN_LABELS, check_labels, reserved};

use super::{Entry, MetricDef, Schema, name};
use crate::{
    custom::schema::name::{Name, Text},
    exposition::MetricKind,
};

/// Room for the longest message.
const MESSAGE: usize = 1024;

/// The limit of names that are compared. Beyond it, only registration finds duplicates.
const SLOTS: usize = 8192;

/// The limit of metrics whose constant labels are compared: each has at least one name.
const METRICS: usize = SLOTS / 2;

/// Panics if two metrics of `schema`, including nested sets, would share a name, or if a metric would have a
/// label twice.
///
/// A generic set is checked when it is registered, for the types that it is registered with:
///
/// ```compile_fail,E0080
/// use gds_metrics::{Counter, GdsMetricSet, GdsMetrics};
///
/// #[derive(GdsMetricSet)]
/// struct Pair<T> {
///     /// Queries run.
///     queries: Counter,
///     #[metric(flatten)]
///     other: T,
/// }
///
/// #[derive(GdsMetricSet)]
/// struct Db {
///     /// Queries run.
///     queries: Counter,
/// }
///
/// GdsMetrics::builder().build()?.register::<Pair<Db>>()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The labels of its type parameters are checked as well:
///
/// ```compile_fail,E0080
/// use gds_metrics::{EncodeLabelSet, Family, GdsMetricSet, GdsMetrics, Histogram};
///
/// #[derive(GdsMetricSet)]
/// struct Waits<L> {
///     /// Time waited.
///     #[metric(unit = "seconds")]
///     wait: Family<L, Histogram>,
/// }
///
/// #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
/// struct Bound {
///     le: u64,
/// }
///
/// GdsMetrics::builder().build()?.register::<Waits<Bound>>()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
pub const fn check(schema: &Schema) {
    let mut names = NameTable {
        hashes: [0; SLOTS],
        defs: [0; SLOTS],
        len: 0,
        labels: [(0, 0); METRICS],
        next: 0,
    };
    names.add_set(schema, schema, Name::ROOT, Constants::ROOT);
}

/// A hash table from the names that are taken to the metrics that own them.
struct NameTable {
    /// 0: free.
    hashes: [u64; SLOTS],
    defs: [u16; SLOTS],
    len: usize,
    /// Digests of each metric's constant labels.
    labels: [(u64, u64); METRICS],
    /// The number of the next metric, in the order of the walk.
    next: u16,
}

impl NameTable {
    #[track_caller]
    const fn add_set(
        &mut self,
        root: &Schema,
        schema: &Schema,
        prefix: Name<'_>,
        constants: Constants<'_>,
    ) {
        let mut rest = schema.entries;
        while let [entry, tail @ ..] = rest {
            match entry {
                Entry::Metric(def) => {
                    check_labels(def, constants);
                    self.add_metric(root, def, prefix, constants);
                }
                Entry::Set(def) => {
                    let inner = constants.of_set(def);
                    inner.check();
                    self.add_set(root, def.schema, prefix.child(&def.prefix), inner);
                }
            }
            rest = tail;
        }
    }

    #[track_caller]
    const fn add_metric(
        &mut self,
        root: &Schema,
        def: &MetricDef,
        prefix: Name<'_>,
        constants: Constants<'_>,
    ) {
        let mut text = Text::<MESSAGE>::new();
        prefix.write(def, &mut text);
        let own = constants.of_metric(def);
        // The label of a state set has the name of the metric.
        if matches!(def.kind, MetricKind::StateSet) && own.contains(text.as_str()) {
            reserved(text.as_str(), def, IN_LABELS);
        }
        let base = hash(HASH_START, text.as_str());
        let labels = own.digests();
        if (self.next as usize) < METRICS {
            self.labels[self.next as usize] = labels;
        }

        let mut suffixes = def.kind.suffixes();
        while let [suffix, tail @ ..] = suffixes {
            if let Some(owner) = self.insert(hash(base, suffix)) {
                let first = nth(root, owner);
                if self.is_beside(owner, labels) && first.is_same_field(def) {
                    break;
                }
                text.push(suffix);
                duplicate(text.as_str(), suffix.is_empty(), first, def);
            }
            suffixes = tail;
        }
        self.next = self.next.saturating_add(1);
    }

    /// Whether `metric` has constant labels with the same names and different values.
    const fn is_beside(&self, metric: u16, (names, values): (u64, u64)) -> bool {
        let (other_names, other_values) = self.labels[metric as usize];
        names == other_names && values != other_values
    }

    /// Inserts a name, or returns its owner if it is in the table already.
    const fn insert(&mut self, hash: u64) -> Option<u16> {
        if self.len >= SLOTS / 2 {
            return None;
        }
        let mut slot = hash % SLOTS as u64;
        loop {
            // The remainder fits into any `usize`.
            #[allow(clippy::cast_possible_truncation)]
            let at = slot as usize;
            if self.hashes[at] == 0 {
                self.hashes[at] = hash;
                self.defs[at] = self.next;
                self.len += 1;
                return None;
            }
            if self.hashes[at] == hash {
                return Some(self.defs[at]);
            }
            slot = (slot + 1) % SLOTS as u64;
        }
    }
}

/// Reports a name without a word before the suffix of its kind. For a type alias, the derive cannot.
#[track_caller]
pub(crate) const fn check_stem(def: &MetricDef) {
    let suffix = match def.kind {
        MetricKind::Counter => "total",
        MetricKind::Info => "info",
        _ => return,
    };
    if name::eq(def.name, suffix) {
        let mut text = Text::<MESSAGE>::new();
        text.push("the name is only the suffix `");
        text.push(suffix);
        text.push("`: name what it is about, or give the set a `#[metric(prefix = \"…\")]`");
        panic!("{}", text.as_str());
    }
}

/// Reports a name that looks like a sample of another kind. For a type alias, the derive cannot.
#[track_caller]
pub(crate) const fn check_suffix(def: &MetricDef) {
    let mut reserved: &[&str] = &["bucket", "sum", "count", "created", "info", "total"];
    while let [suffix, tail @ ..] = reserved {
        if name::ends_with_word(def.name, suffix) {
            let mut text = Text::<MESSAGE>::new();
            text.push("`");
            text.push(def.name);
            text.push("` ends in `_");
            text.push(suffix);
            text.push(
                "`, which Prometheus reads as a part of another kind of metric: rename it, or keep the name of \
                 the field with `rename`",
            );
            panic!("{}", text.as_str());
        }
        reserved = tail;
    }
}

/// Checks one field by itself. For a type alias, the derive cannot.
#[track_caller]
pub(crate) const fn check_field(def: &MetricDef, own_buckets: bool, native: bool) {
    if matches!(def.kind, MetricKind::Info | MetricKind::StateSet) && def.unit.is_some() {
        panic!("an info or a state set has no unit: remove `unit`");
    }
    if own_buckets && !matches!(def.kind, MetricKind::Histogram) {
        panic!("only a histogram has buckets: remove `buckets`");
    }
    if native && !matches!(def.kind, MetricKind::Histogram) {
        panic!("only a histogram has native buckets: remove `native`");
    }
    if !own_buckets && matches!(def.kind, MetricKind::Histogram) {
        buckets::check_default(def);
    }
    check_labels(def, Constants::ROOT);
}

/// In OpenMetrics, each state has a label.
#[track_caller]
pub(crate) const fn empty_state(def: &MetricDef) {
    let mut text = Text::<MESSAGE>::new();
    text.push("a state of `");
    text.push(def.set);
    text.push("::");
    text.push(def.field);
    text.push("` has no text, because it is the `None` of an `Option`: write an enum with a variant for it");
    panic!("{}", text.as_str());
}

/// A fraction needs a float gauge, because an integer gauge could only be 0 or 1.
#[track_caller]
pub(crate) const fn whole_ratio(def: &MetricDef) {
    if !matches!(def.kind, MetricKind::Gauge) {
        return;
    }
    let mut text = Text::<MESSAGE>::new();
    text.push("`");
    text.push(def.set);
    text.push("::");
    text.push(def.field);
    text.push("` is a ratio, a fraction from 0 to 1, and this gauge holds whole numbers: make it a `FloatGauge`");
    panic!("{}", text.as_str());
}

/// Without this error, some of the series would not exist.
#[track_caller]
pub(crate) const fn too_many_to_create(def: &MetricDef, count: usize, limit: usize) {
    let mut text = Text::<MESSAGE>::new();
    text.push("`zero` creates all ");
    text.push_number(count);
    text.push(" series of `");
    text.push(def.set);
    text.push("::");
    text.push(def.field);
    text.push("`, and `max_series = ");
    text.push_number(limit);
    text.push("` allows fewer: write `max_series = ");
    text.push_number(count);
    text.push("` or remove it");
    panic!("{}", text.as_str());
}

#[track_caller]
const fn duplicate(name: &str, is_family: bool, first: &MetricDef, second: &MetricDef) -> ! {
    let mut text = Text::<MESSAGE>::new();
    let of_one_macro = first.looks_like(second) && !name::eq(first.module, second.module);
    push_definition(&mut text, first, of_one_macro);
    text.push(" and ");
    push_definition(&mut text, second, of_one_macro);
    text.push(" both own the name `");
    text.push(name);
    text.push("`");
    if is_family && (is_bare(first.kind) || is_bare(second.kind)) {
        text.push(" (the name of a family, which OpenMetrics writes without `_total` and `_info`)");
    }
    text.push(": rename one of them, or nest its set with `#[metric(prefix = \"…\")]`");
    if first.is_same_field(second) {
        text.push(" or with other values of the same `labels(…)`");
    }
    panic!("{}", text.as_str());
}

/// Whether the family has a shorter name than its samples, which its author may not know.
const fn is_bare(kind: MetricKind) -> bool {
    matches!(kind, MetricKind::Counter | MetricKind::Info)
}

/// Appends ``Shop::orders` (a counter, src/shop.rs:5)``. The file is included because sets of two libraries may
/// have the same name.
const fn push_definition(text: &mut Text<MESSAGE>, def: &MetricDef, with_module: bool) {
    text.push("`");
    if with_module {
        text.push(def.module);
        text.push("::");
    }
    text.push(def.set);
    text.push("::");
    text.push(def.field);
    text.push("` (");
    text.push(match def.kind {
        MetricKind::Info => "an ",
        _ => "a ",
    });
    text.push(def.kind.as_str());
    text.push(", ");
    text.push(def.file);
    text.push(":");
    text.push_number(def.line as usize);
    text.push(")");
}

/// The metric with this number, in the order of the walk.
const fn nth(schema: &Schema, number: u16) -> &MetricDef {
    const fn find<'a>(schema: &'a Schema, left: &mut u16) -> Option<&'a MetricDef> {
        let mut rest = schema.entries;
        while let [entry, tail @ ..] = rest {
            match entry {
                Entry::Metric(def) => {
                    if *left == 0 {
                        return Some(def);
                    }
                    *left -= 1;
                }
                Entry::Set(def) => {
                    if let Some(found) = find(def.schema, left) {
                        return Some(found);
                    }
                }
            }
            rest = tail;
        }
        None
    }
    let mut left = number;
    find(schema, &mut left).expect("the number of a metric that the walk has passed")
}

const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, continued from `hash`.
const fn hash(mut hash: u64, text: &str) -> u64 {
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        hash = (hash ^ *byte as u64).wrapping_mul(0x0000_0100_0000_01b3);
        rest = tail;
    }
    // 0 means a free slot.
    if hash == 0 { 1 } else { hash }
}
