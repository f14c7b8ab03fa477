//! One metric for each label set.

mod inner;

use std::{fmt, mem, sync::Arc};

use self::inner::{Entry, Inner};
use super::{InProgress, Observe, Timer, UpDown};
use crate::{
    custom::{
        labels::{FamilyLabels, LabelSet, Names},
        metric::{Exposed, FamilyMember, Metric, NamedMetric, Options, sealed},
    },
    exposition::{MetricKind, Writer},
};

/// A metric for each label set: [`Counter`](crate::Counter)s, [`Gauge`](crate::Gauge)s,
/// [`Histogram`](crate::Histogram)s or [`Summary`](crate::Summary)s.
///
/// The first call with new labels creates their series. A family creates series for at most 10,000 label sets, or
/// for the number of `#[metric(max_series = …)]`. All further label sets share one additional series. Its labels are
/// all `_other`, except constant labels, and `gds_metrics_folded_series_total` counts its look-ups. Each registration of
/// a set creates a family with its own limit. A clone is the same family.
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
/// The handle that [`get_or_create`](Self::get_or_create) returns holds no lock, so you may keep it across an `.await`.
/// If you know the labels in advance, keep the handle to avoid look-ups.
pub struct Family<L, M> {
    inner: Arc<Inner<L, M>>,
}

impl<L: FamilyLabels, M: FamilyMember> Family<L, M> {
    fn new(options: Options) -> Self {
        Self {
            inner: Arc::new(Inner::new(options)),
        }
    }

    /// Returns the metric of `labels`, and creates it if it does not exist.
    ///
    /// The metric is an owned handle: it holds no lock, and you may keep it. If the family is full, the metric is that
    /// of the series whose labels are all `_other`.
    ///
    /// Labels cannot be exposed if their encoder fails, or if a label name is invalid or occurs twice. The metric then
    /// works, but the exposition omits its series, and a warning is logged once for the family.
    #[must_use = "the metric is there to be used: `.inc()`, `.set(…)`, `.observe(…)`"]
    pub fn get_or_create(&self, labels: &L) -> M {
        self.inner.get_or_create(labels)
    }

    /// The same as [`get_or_create`](Self::get_or_create), under prometheus-client's name.
    #[must_use = "the metric is there to be used: `.inc()`, `.set(…)`, `.observe(…)`"]
    pub fn get_or_create_owned(&self, labels: &L) -> M {
        self.get_or_create(labels)
    }

    /// Returns the metric of `labels` if it exists.
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

    /// Removes the series of `labels`. Returns whether it existed.
    ///
    /// A handle that still exists keeps working, but its values are not exposed. If the series is created
    /// again, it begins at 0, which Prometheus takes for a restart.
    ///
    /// Label sets that are written alike, such as `None` and `Some("")`, share one series. It is removed with the last
    /// of them.
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
        // Dropped after the locks are released, because `L` may run the application's code.
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

    /// Removes all series for whose labels `keep` returns `false`.
    ///
    /// No lock is held while `keep` runs. Series that are created meanwhile stay.
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

    /// The number of label sets that have a metric of their own.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.lookup().metrics.len()
    }

    /// Whether [`len`](Self::len) is 0.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Starts a timer. When it is dropped, the metric of `labels` observes the seconds since the start.
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

    /// Adds 1 to the gauge of `labels`, and subtracts it when the guard is dropped.
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

    /// All label sets with their metrics, in any order.
    pub(crate) fn all(&self) -> Vec<(Arc<L>, M)> {
        let lookup = self.inner.lookup();
        let all = lookup.metrics.iter();
        all.map(|(labels, entry)| (Arc::clone(labels), entry.metric.clone()))
            .collect()
    }
}

impl<L: FamilyLabels, M: FamilyMember> Metric for Family<L, M> {
    const KIND: MetricKind = M::KIND;
}

impl<L: LabelSet, M: FamilyMember> NamedMetric for Family<L, M> {
    const NAMES: Names = L::NAMES;
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
        for entry in &*self.inner.snapshot() {
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
        Some(self.inner.folded())
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
        // Without the series: printing them would run the application's code under the lock.
        f.debug_struct("Family")
            .field("name", &self.inner.options.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
