//! The series of a family for scrapes, sorted by their labels. They are separate from the metrics that
//! applications look up.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    custom::{
        label_render::BadLabels,
        label_text::{LabelText, read_label_set, split_labels},
    },
    exposition::{MetricKind, Timestamp},
};

/// The labels of one series, including constant ones.
#[derive(Clone, Debug)]
pub(super) struct Label {
    /// In the order of the exposition.
    text: Arc<str>,
    /// Sorted by name. To Prometheus, two label sets with the same key are one series.
    key: Arc<str>,
}

impl Label {
    /// The labels of a series: first the constant labels, then its own.
    pub(super) fn of_series(
        kind: MetricKind,
        constant: &str,
        own: LabelText,
    ) -> Result<Self, BadLabels> {
        let reserved = kind.own_label();
        if own.names.iter().any(|name| Some(name.as_str()) == reserved) {
            return Err(BadLabels);
        }
        Self::join(constant, own).ok_or(BadLabels)
    }

    /// Joins them. `None` if an own label has the name of a constant one.
    pub(super) fn join(constant: &str, own: LabelText) -> Option<Self> {
        let joined = if constant.is_empty() {
            own
        } else if own.text.is_empty() {
            read_label_set(&format!("{{{constant}}}"))?
        } else {
            read_label_set(&format!("{{{constant},{}}}", own.text))?
        };
        let text: Arc<str> = joined.text.into();
        let key = if joined.names.is_sorted() {
            Arc::clone(&text)
        } else {
            let mut labels: Vec<&str> = split_labels(&text).collect();
            labels.sort_unstable();
            labels.join(",").into()
        };
        Some(Self { text, key })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The first label that Prometheus renames, because every target has one of that name.
    pub(super) fn renamed_by_prometheus(&self) -> Option<&'static str> {
        let named =
            |name: &&str| split_labels(&self.text).any(|l| l.split('=').next() == Some(name));
        ["job", "instance"].into_iter().find(named)
    }

    pub(super) fn key(&self) -> &Arc<str> {
        &self.key
    }
}

/// Warns of a label that the derive would refuse.
pub(super) fn warn_of_renamed(family: &str, label: &str) {
    log::warn!(
        "the metric family `{family}` has a label `{label}`: Prometheus has its own `{label}` and renames this \
         one to `exported_{label}`; choose another name"
    );
}

/// Warns of labels that cannot be exposed.
pub(super) fn warn_of_left_out(family: &str) {
    log::warn!(
        "a series of the metric family `{family}` is left out of the exposition: the encoder of its labels \
         fails, or a label name is invalid or occurs twice"
    );
}

/// Warns of label sets whose series cannot be distinguished.
pub(super) fn warn_of_shared(family: &str) {
    log::warn!(
        "some label sets of the metric family `{family}` have the same text and share a series; give them \
         different texts"
    );
}

/// A series that is exposed.
#[derive(Clone, Debug)]
pub(super) struct Entry<M> {
    label: Label,
    metric: M,
    start: Timestamp,
}

impl<M> Entry<M> {
    pub(super) fn new(label: Label, metric: M, start: Timestamp) -> Self {
        Self {
            label,
            metric,
            start,
        }
    }

    pub(super) fn label(&self) -> &Label {
        &self.label
    }

    pub(super) fn labels(&self) -> &str {
        &self.label.text
    }

    pub(super) fn metric(&self) -> &M {
        &self.metric
    }

    pub(super) fn start(&self) -> Timestamp {
        self.start
    }
}

/// All series, and the changes since the last scrape.
#[derive(Debug)]
pub(super) struct Series<M> {
    /// By key.
    slots: HashMap<Arc<str>, Slot<M>>,
    /// The bytes of all keys.
    label_bytes: usize,
    changes: Changes<M>,
    /// The number of times that a scrape has taken the changes.
    generation: u64,
}

#[derive(Debug)]
struct Slot<M> {
    metric: M,
    /// The number of label sets with these labels.
    label_sets: usize,
    /// The generation in which it was created. No scrape has seen it if this is the current one.
    generation: u64,
}

#[derive(Debug)]
struct Changes<M> {
    /// Whether all series of the snapshot are removed.
    cleared: bool,
    /// By key.
    series: HashMap<Arc<str>, Change<M>>,
}

#[derive(Debug)]
struct Change<M> {
    /// Whether the snapshot has a removed series with these labels.
    replaces: bool,
    /// `None` if the series is removed.
    entry: Option<Entry<M>>,
}

impl<M> Default for Changes<M> {
    fn default() -> Self {
        Self {
            cleared: false,
            series: HashMap::new(),
        }
    }
}

impl<M> Default for Series<M> {
    fn default() -> Self {
        Self {
            slots: HashMap::new(),
            label_bytes: 0,
            changes: Changes::default(),
            generation: 0,
        }
    }
}

impl<M: Clone> Series<M> {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The bytes of the labels of all series.
    pub(super) fn label_bytes(&self) -> usize {
        self.label_bytes
    }

    /// Adds a label set, and returns the metric of its series. It is a new metric, unless another label set has
    /// the same labels.
    pub(super) fn add(&mut self, label: Label, make: impl FnOnce() -> M) -> M {
        if let Some(slot) = self.slots.get_mut(&label.key) {
            slot.label_sets += 1;
            return slot.metric.clone();
        }
        let metric = make();
        let key = Arc::clone(&label.key);
        let slot = Slot {
            metric: metric.clone(),
            label_sets: 1,
            generation: self.generation,
        };
        self.label_bytes += key.len();
        self.slots.insert(Arc::clone(&key), slot);
        let entry = Entry::new(label, metric.clone(), Timestamp::now());
        let before = self.changes.series.get(&key);
        let change = Change {
            replaces: before.is_some_and(|change| change.replaces),
            entry: Some(entry),
        };
        self.changes.series.insert(key, change);
        metric
    }

    /// Removes a label set, and its series if no other label set has the same labels.
    pub(super) fn remove(&mut self, key: &Arc<str>) {
        let Some(slot) = self.slots.get_mut(key) else {
            return;
        };
        slot.label_sets -= 1;
        if slot.label_sets > 0 {
            return;
        }
        let is_new = slot.generation == self.generation;
        self.slots.remove(key);
        self.label_bytes -= key.len();
        let before = self.changes.series.remove(key);
        // The snapshot does not have a series that no scrape has seen.
        if !is_new || before.is_some_and(|change| change.replaces) {
            let change = Change {
                replaces: true,
                entry: None,
            };
            self.changes.series.insert(Arc::clone(key), change);
        }
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.label_bytes = 0;
        self.changes = Changes {
            cleared: true,
            series: HashMap::new(),
        };
    }

    fn take_changes(&mut self) -> Changes<M> {
        self.generation += 1;
        mem::take(&mut self.changes)
    }
}

/// The series that scrapes write, sorted by label text.
#[derive(Debug)]
pub(super) struct Snapshot<M> {
    entries: Arc<Vec<Entry<M>>>,
}

impl<M> Default for Snapshot<M> {
    fn default() -> Self {
        Self {
            entries: Arc::default(),
        }
    }
}

impl<M: Clone> Snapshot<M> {
    /// Applies the changes, and returns all series. The lock of `series` is held only to take the changes.
    pub(super) fn update(&mut self, series: &Mutex<Series<M>>) -> Arc<Vec<Entry<M>>> {
        let changes = series
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take_changes();
        if changes.cleared {
            self.entries = Arc::default();
        }
        if !changes.series.is_empty() {
            let entries = Arc::make_mut(&mut self.entries);
            entries.retain(|entry| !changes.series.contains_key(&entry.label.key));
            let added = changes.series.into_values();
            entries.extend(added.filter_map(|change| change.entry));
            // The list is nearly sorted, which makes this sort fast.
            entries.sort_by(|a, b| a.label.text.cmp(&b.label.text));
        }
        Arc::clone(&self.entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(text: &str) -> Label {
        let own = read_label_set(&format!("{{{text}}}")).expect("labels");
        Label::join("", own).expect("no constant labels")
    }

    fn texts(snapshot: &mut Snapshot<u32>, series: &Mutex<Series<u32>>) -> Vec<(String, u32)> {
        let entries = snapshot.update(series);
        let texts = entries.iter().map(|e| (e.labels().to_owned(), e.metric));
        texts.collect()
    }

    #[test]
    fn a_snapshot_has_the_current_series() {
        let series = Mutex::new(Series::default());
        let mut snapshot = Snapshot::default();
        let mut all = |change: &dyn Fn(&mut Series<u32>)| {
            change(&mut series.lock().expect("no panic"));
            texts(&mut snapshot, &series)
        };
        let [a, b, c] = [r#"a="1""#, r#"b="1""#, r#"c="1""#].map(label);
        let seen = |entries: &[(&Label, u32)]| -> Vec<(String, u32)> {
            entries
                .iter()
                .map(|(label, metric)| (label.text.to_string(), *metric))
                .collect()
        };

        let found = all(&|series| {
            series.add(b.clone(), || 1);
            series.add(a.clone(), || 2);
            assert_eq!(series.add(a.clone(), || 3), 2, "the same series");
        });
        assert_eq!(found, seen(&[(&a, 2), (&b, 1)]));

        let found = all(&|series| {
            series.remove(a.key());
            series.remove(b.key());
        });
        assert_eq!(found, seen(&[(&a, 2)]), "another label set has it");

        let found = all(&|series| {
            // No scrape sees this one.
            series.add(c.clone(), || 4);
            series.remove(c.key());
            // Removed and created again.
            series.remove(a.key());
            series.add(a.clone(), || 5);
        });
        assert_eq!(found, seen(&[(&a, 5)]));

        let found = all(&|series| {
            series.remove(a.key());
            series.add(a.clone(), || 6);
            series.remove(a.key());
        });
        assert_eq!(found, []);

        let found = all(&|series| {
            series.add(a.clone(), || 7);
            series.clear();
            series.add(b.clone(), || 8);
        });
        assert_eq!(found, seen(&[(&b, 8)]));
        let found = all(&|series| series.clear());
        assert_eq!(found, []);
    }

    #[test]
    fn the_order_of_labels_does_not_matter() {
        let one = label(r#"a="1",b="},""#);
        let other = label(r#"b="},",a="1""#);
        assert_eq!(one.key, other.key);
        assert_ne!(one.text, other.text);
    }

    #[test]
    fn a_constant_label_cannot_come_twice() {
        let own = |text: &str| read_label_set(&format!("{{{text}}}")).expect("labels");
        let joined = Label::join(r#"z="1""#, own(r#"a="2""#)).expect("no label twice");
        assert_eq!(&*joined.text, r#"z="1",a="2""#);
        assert!(Label::join(r#"a="1""#, own(r#"a="2""#)).is_none());
    }
}
