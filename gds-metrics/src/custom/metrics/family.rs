//! One metric for each label set.

use std::{
    collections::HashMap,
    fmt, mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use foldhash::fast::RandomState;

use super::{
    InProgress, Observe, Timer, UpDown,
    series::{Label, Series, Snapshot, warn_of_left_out},
};
use crate::{
    custom::{
        label_render::{self, BadLabels},
        label_text::LabelText,
        labels::{FamilyLabels, flat_names},
        metric::{Exposed, FamilyMember, Metric, Options, sealed},
    },
    exposition::{MetricKind, Writer, push_label},
};

/// A metric for each label set: [`Counter`](crate::Counter)s, [`Gauge`](crate::Gauge)s,
/// [`Histogram`](crate::Histogram)s or [`Summary`](crate::Summary)s.
///
/// A series begins with the first call that names its labels. At most 10,000 series are made, or what
/// `#[metric(max_series = …)]` says: what comes beyond is counted in one series whose labels are all
/// `_other`, and in `gds_metrics_folded_series_total`. A clone is the same family.
///
/// ```
/// use gds_metrics::{Counter, EncodeLabelSet, Family};
///
/// #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
/// struct Email {
///     kind: &'static str,
/// }
///
/// let emails: Family<Email, Counter> = Family::default();
/// emails.get_or_create(&Email { kind: "welcome" }).inc();
/// assert_eq!(emails.get_or_create(&Email { kind: "welcome" }).get(), 1);
/// ```
///
/// The handle that [`get_or_create`](Self::get_or_create) returns holds no lock. Keep it, also across an
/// `.await`, wherever the labels are known in advance: then a series costs nothing to look up.
pub struct Family<L, M> {
    inner: Arc<Inner<L, M>>,
}

struct Inner<L, M> {
    options: Options,
    /// What applications look up.
    lookup: RwLock<Lookup<L, M>>,
    /// What scrapes write. Changed before `lookup` is, and never waited for by a look-up.
    series: Mutex<Series<M>>,
    snapshot: Mutex<Snapshot<M>>,
    folded: AtomicU64,
    warned: AtomicBool,
}

struct Lookup<L, M> {
    metrics: HashMap<Arc<L>, Entry<M>, RandomState>,
    /// The series of all label sets beyond the limit.
    other: Option<M>,
}

struct Entry<M> {
    metric: M,
    /// The key of its series; `None` if it is not exposed.
    key: Option<Arc<str>>,
}

/// Where a label set leads.
enum Found<M> {
    Metric(M),
    Nothing,
    /// No more series are made, and there is no series for the rest yet.
    Full,
}

impl<L: FamilyLabels, M: FamilyMember> Family<L, M> {
    fn new(options: Options) -> Self {
        Self {
            inner: Arc::new(Inner {
                options,
                lookup: RwLock::new(Lookup {
                    metrics: HashMap::default(),
                    other: None,
                }),
                series: Mutex::default(),
                snapshot: Mutex::default(),
                folded: AtomicU64::new(0),
                warned: AtomicBool::new(false),
            }),
        }
    }

    /// The metric of `labels`, which is made if there is none.
    ///
    /// The metric is an owned handle: no lock is held, and it may be kept for as long as it is needed.
    /// Beyond the family's limit, it is that of the series whose labels are all `_other`.
    ///
    /// If the labels cannot be exposed (their encoder fails, a name is invalid or comes twice), the
    /// metric works and its series is left out of the exposition, and a warning is logged once.
    #[must_use = "the metric is there to be used: `.inc()`, `.set(…)`, `.observe(…)`"]
    pub fn get_or_create(&self, labels: &L) -> M {
        if let Found::Metric(metric) = self.inner.find(labels) {
            return metric;
        }
        self.create(labels)
    }

    /// The same as [`get_or_create`](Self::get_or_create), by the name that prometheus-client has for
    /// it.
    #[must_use = "the metric is there to be used: `.inc()`, `.set(…)`, `.observe(…)`"]
    pub fn get_or_create_owned(&self, labels: &L) -> M {
        self.get_or_create(labels)
    }

    /// The metric of `labels`, if there is one.
    ///
    /// ```
    /// # use gds_metrics::{Counter, Family};
    /// let family: Family<Vec<(&str, &str)>, Counter> = Family::default();
    /// assert!(family.get(&vec![("kind", "welcome")]).is_none());
    /// ```
    #[must_use]
    pub fn get(&self, labels: &L) -> Option<M> {
        let lookup = self.inner.lookup();
        lookup.metrics.get(labels).map(|entry| entry.metric.clone())
    }

    /// Removes the series of `labels`, and says whether there was one.
    ///
    /// What is recorded through a handle that is still alive is lost. If the series is made again, it
    /// begins at 0, which Prometheus takes for a restart.
    ///
    /// ```
    /// # use gds_metrics::{Family, Gauge};
    /// let sessions: Family<Vec<(&str, &str)>, Gauge> = Family::default();
    /// let labels = vec![("room", "blue")];
    /// sessions.get_or_create(&labels).set(3);
    /// assert!(sessions.remove(&labels));
    /// assert!(!sessions.remove(&labels));
    /// ```
    pub fn remove(&self, labels: &L) -> bool {
        // Dropped after the lock: it may be the application's code that drops them.
        let removed = {
            let mut series = self.inner.series();
            let removed = self.inner.lookup_mut().metrics.remove_entry(labels);
            if let Some((_, Entry { key: Some(key), .. })) = &removed {
                series.remove(key);
            }
            removed
        };
        removed.is_some()
    }

    /// Keeps the series whose labels `keep` wants, and removes the others.
    ///
    /// `keep` is called on a copy of the labels, while no lock is held: series that are made meanwhile
    /// stay.
    ///
    /// ```
    /// # use gds_metrics::{Family, Gauge};
    /// let sessions: Family<Vec<(&str, &str)>, Gauge> = Family::default();
    /// sessions.get_or_create(&vec![("room", "blue")]).set(3);
    /// sessions.get_or_create(&vec![("room", "red")]).set(4);
    /// sessions.retain(|labels| labels[0].1 == "red");
    /// assert_eq!(sessions.len(), 1);
    /// ```
    pub fn retain(&self, mut keep: impl FnMut(&L) -> bool) {
        let keys: Vec<Arc<L>> = self.inner.lookup().metrics.keys().cloned().collect();
        for labels in keys {
            if !keep(&labels) {
                self.remove(&labels);
            }
        }
    }

    /// Removes all series.
    pub fn clear(&self) {
        let removed = {
            let mut series = self.inner.series();
            let mut lookup = self.inner.lookup_mut();
            series.clear();
            (mem::take(&mut lookup.metrics), lookup.other.take())
        };
        drop(removed);
    }

    /// How many label sets have a metric of their own.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.lookup().metrics.len()
    }

    /// Whether no label set has a metric of its own.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Starts a timer whose seconds the metric of `labels` observes when it is dropped.
    ///
    /// ```
    /// use gds_metrics::{EncodeLabelSet, Family, Summary};
    ///
    /// #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    /// struct Page {
    ///     template: &'static str,
    /// }
    ///
    /// let renders: Family<Page, Summary> = Family::default();
    /// let page = Page { template: "basket" };
    /// {
    ///     let _timer = renders.start_timer(&page);
    ///     // … render it …
    /// }
    /// assert_eq!(renders.get_or_create(&page).count(), 1);
    /// ```
    pub fn start_timer(&self, labels: &L) -> Timer<M>
    where
        M: Observe,
    {
        Timer::start(self.get_or_create(labels))
    }

    /// Raises the gauge of `labels` by 1 until the guard is dropped.
    ///
    /// ```
    /// use gds_metrics::{Family, Gauge};
    ///
    /// let jobs: Family<Vec<(&str, &str)>, Gauge> = Family::default();
    /// let labels = vec![("queue", "mail")];
    /// let running = jobs.in_progress(&labels);
    /// assert_eq!(jobs.get_or_create(&labels).get(), 1);
    /// drop(running);
    /// assert_eq!(jobs.get_or_create(&labels).get(), 0);
    /// ```
    pub fn in_progress(&self, labels: &L) -> InProgress<M>
    where
        M: UpDown,
    {
        InProgress::begin(self.get_or_create(labels))
    }

    /// All label sets with their metrics, in no order.
    pub(crate) fn all(&self) -> Vec<(Arc<L>, M)> {
        let lookup = self.inner.lookup();
        let all = lookup.metrics.iter();
        all.map(|(labels, entry)| (Arc::clone(labels), entry.metric.clone()))
            .collect()
    }

    /// The metric of labels that were not found a moment ago.
    #[cold]
    #[inline(never)]
    fn create(&self, labels: &L) -> M {
        let inner = &*self.inner;
        if let Found::Full = inner.find(labels) {
            return inner.create_other(labels);
        }
        // The application's code, before any lock.
        let key = Arc::new(labels.clone());
        let rendered = inner.render(labels);
        if rendered.is_err() && !inner.warned.swap(true, Relaxed) {
            warn_of_left_out(&inner.options.name);
        }

        let mut series = inner.series();
        match inner.find(labels) {
            // Another thread came first.
            Found::Metric(metric) => return metric,
            Found::Full => {
                drop(series);
                return inner.create_other(labels);
            }
            Found::Nothing => {}
        }
        let make = || M::make(&inner.options);
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
        inner.lookup_mut().metrics.insert(key, entry);
        metric
    }
}

impl<L: FamilyLabels, M: FamilyMember> Inner<L, M> {
    fn lookup(&self) -> RwLockReadGuard<'_, Lookup<L, M>> {
        self.lookup.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn lookup_mut(&self) -> RwLockWriteGuard<'_, Lookup<L, M>> {
        self.lookup.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn series(&self) -> MutexGuard<'_, Series<M>> {
        self.series.lock().unwrap_or_else(PoisonError::into_inner)
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

    fn render(&self, labels: &L) -> Result<Label, BadLabels> {
        self.label(label_render::render(labels)?)
    }

    fn label(&self, own: LabelText) -> Result<Label, BadLabels> {
        Label::of_series(M::KIND, &self.options.constant_labels, own)
    }

    /// The series whose labels are all `_other`, now that one is needed.
    fn create_other(&self, labels: &L) -> M {
        // The label type's names, or those of the labels at hand.
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
}

impl<L: FamilyLabels, M: FamilyMember> Metric for Family<L, M> {
    const KIND: MetricKind = M::KIND;
}

impl<L: FamilyLabels, M: FamilyMember> sealed::Metric for Family<L, M> {
    type Labels = L;

    const WHOLE: bool = M::WHOLE;

    fn make(options: &Options) -> Self {
        Self::new(options.clone())
    }

    fn exposed(&self, _: &Options) -> Box<dyn Exposed> {
        Box::new(self.clone())
    }
}

impl<L: FamilyLabels, M: FamilyMember> Exposed for Family<L, M> {
    fn write(&self, writer: &mut dyn Writer) {
        let inner = &*self.inner;
        let all = {
            let snapshot = inner.snapshot.lock();
            let mut snapshot = snapshot.unwrap_or_else(PoisonError::into_inner);
            snapshot.update(&inner.series)
        };
        for entry in &*all {
            entry.metric().write(writer, entry.labels(), entry.start());
        }
    }

    fn samples(&self) -> usize {
        self.inner.series().len() * self.inner.options.samples_each(M::KIND)
    }

    fn label_bytes(&self) -> usize {
        self.inner.series().label_bytes() * self.inner.options.samples_each(M::KIND)
    }

    fn folded(&self) -> Option<u64> {
        Some(self.inner.folded.load(Relaxed))
    }
}

impl<L: FamilyLabels, M: FamilyMember> Default for Family<L, M> {
    fn default() -> Self {
        Self::new(Options::default())
    }
}

impl<L, M> Clone for Family<L, M> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<L, M> fmt::Debug for Family<L, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the series: to print them would call the application's code under the lock.
        f.debug_struct("Family")
            .field("name", &self.inner.options.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
