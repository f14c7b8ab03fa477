//! The state of a family: the metrics that applications look up, and the series that scrapes write.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use foldhash::fast::RandomState;

use crate::{
    custom::{
        label_render::{self, BadLabels},
        label_text::LabelText,
        labels::{FamilyLabels, flat_names},
        metric::{FamilyMember, Options},
        metrics::series::{
            Entry as SeriesEntry, Label, Series, Snapshot, warn_of_left_out, warn_of_renamed,
        },
    },
    exposition::push_label,
};

pub(super) struct Inner<L, M> {
    pub(super) options: Options,
    /// What applications look up.
    lookup: RwLock<Lookup<L, M>>,
    /// What scrapes write. It is changed before `lookup`, and a look-up never waits for it.
    series: Mutex<Series<M>>,
    snapshot: Mutex<Snapshot<M>>,
    folded: AtomicU64,
    warned_of_left_out: AtomicBool,
    warned_of_renamed: AtomicBool,
}

pub(super) struct Lookup<L, M> {
    pub(super) metrics: HashMap<Arc<L>, Entry<M>, RandomState>,
    /// The metric of all label sets beyond the limit.
    pub(super) other: Option<M>,
}

pub(super) struct Entry<M> {
    pub(super) metric: M,
    /// The key of its series; `None` if the labels cannot be exposed.
    pub(super) key: Option<Arc<str>>,
}

/// What a look-up finds.
enum Found<M> {
    Metric(M),
    Nothing,
    /// The family is full, and its series for all other label sets does not exist yet.
    Full,
}

impl<L: FamilyLabels, M: FamilyMember> Inner<L, M> {
    pub(super) fn new(options: Options) -> Self {
        Self {
            options,
            lookup: RwLock::new(Lookup {
                metrics: HashMap::default(),
                other: None,
            }),
            series: Mutex::default(),
            snapshot: Mutex::default(),
            folded: AtomicU64::new(0),
            warned_of_left_out: AtomicBool::new(false),
            warned_of_renamed: AtomicBool::new(false),
        }
    }

    pub(super) fn lookup(&self) -> RwLockReadGuard<'_, Lookup<L, M>> {
        self.lookup.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn lookup_mut(&self) -> RwLockWriteGuard<'_, Lookup<L, M>> {
        self.lookup.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn series(&self) -> MutexGuard<'_, Series<M>> {
        self.series.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All series, sorted by their labels.
    pub(super) fn snapshot(&self) -> Arc<Vec<SeriesEntry<M>>> {
        let snapshot = self.snapshot.lock();
        let mut snapshot = snapshot.unwrap_or_else(PoisonError::into_inner);
        snapshot.update(&self.series)
    }

    /// How many look-ups went to the series for all other label sets.
    pub(super) fn folded(&self) -> u64 {
        self.folded.load(Relaxed)
    }

    pub(super) fn get_or_create(&self, labels: &L) -> M {
        match self.find(labels) {
            Found::Metric(metric) => metric,
            Found::Nothing | Found::Full => self.create(labels),
        }
    }

    fn find(&self, labels: &L) -> Found<M> {
        let lookup = self.lookup();
        if let Some(entry) = lookup.metrics.get(labels) {
            return Found::Metric(entry.metric.clone());
        }
        if lookup.metrics.len() < self.options.max_series {
            return Found::Nothing;
        }
        match &lookup.other {
            Some(other) => {
                self.folded.fetch_add(1, Relaxed);
                Found::Metric(other.clone())
            }
            None => Found::Full,
        }
    }

    /// The metric of labels that were not found a moment ago.
    #[cold]
    #[inline(never)]
    fn create(&self, labels: &L) -> M {
        if let Found::Full = self.find(labels) {
            return self.create_other(labels);
        }
        // These run the application's code, so they come before any lock.
        let key = Arc::new(labels.clone());
        let rendered = self.render(labels);
        self.warn(&rendered);

        let mut series = self.series();
        match self.find(labels) {
            // Another thread was faster.
            Found::Metric(metric) => return metric,
            Found::Full => {
                drop(series);
                return self.create_other(labels);
            }
            Found::Nothing => {}
        }
        let make = || M::make(&self.options);
        let (metric, series_key) = match rendered {
            Ok(label) => {
                let key = Arc::clone(label.key());
                (series.add(label, make), Some(key))
            }
            Err(BadLabels) => (make(), None),
        };
        let entry = Entry {
            metric: metric.clone(),
            key: series_key,
        };
        self.lookup_mut().metrics.insert(key, entry);
        metric
    }

    /// The metric of all label sets beyond the limit: the labels of its series are all `_other`.
    fn create_other(&self, labels: &L) -> M {
        // The names come from the label type, or else from these labels.
        let names = match self.options.labels.and_then(flat_names) {
            Some(names) => names.into_iter().map(str::to_owned).collect(),
            None => label_render::render(labels).map_or_else(|_| Vec::new(), |text| text.names),
        };
        let mut own = LabelText::default();
        for name in names {
            push_label(&mut own.text, &name, "_other");
            own.names.push(name);
        }
        let label = self.label(own);

        self.folded.fetch_add(1, Relaxed);
        let mut series = self.series();
        let mut lookup = self.lookup_mut();
        if let Some(other) = &lookup.other {
            return other.clone();
        }
        let make = || M::make(&self.options);
        let other = match label {
            Ok(label) => series.add(label, make),
            Err(BadLabels) => make(),
        };
        lookup.other = Some(other.clone());
        other
    }

    /// Logs what is wrong with the labels, each fault once for the family.
    fn warn(&self, rendered: &Result<Label, BadLabels>) {
        let name = &self.options.name;
        match rendered.as_ref().map(Label::renamed_by_prometheus) {
            Ok(Some(label)) if !self.warned_of_renamed.swap(true, Relaxed) => {
                warn_of_renamed(name, label);
            }
            Err(BadLabels) if !self.warned_of_left_out.swap(true, Relaxed) => {
                warn_of_left_out(name);
            }
            _ => {}
        }
    }

    fn render(&self, labels: &L) -> Result<Label, BadLabels> {
        self.label(label_render::render(labels)?)
    }

    fn label(&self, own: LabelText) -> Result<Label, BadLabels> {
        Label::of_series(M::KIND, &self.options.constant_labels, own)
    }
}
