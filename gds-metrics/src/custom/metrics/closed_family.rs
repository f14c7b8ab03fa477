//! One metric for each value of a closed label set.

use std::{collections::BTreeMap, fmt, marker::PhantomData, sync::Arc};

use super::{
    InProgress, Observe, Timer, UpDown,
    series::{Entry, Label, warn_of_left_out, warn_of_renamed, warn_of_shared},
};
use crate::{
    custom::{
        label_render::{self, BadLabels},
        labels::{ClosedFamilyLabels, ClosedLabelSet, FamilyLabels, NamedLabels, Names, capped},
        metric::{Exposed, FamilyMember, Metric, NamedMetric, Options, sealed},
    },
    exposition::{MetricKind, Timestamp, Writer},
};

/// A metric for each label set, where all label sets are known. All series exist from the start with the value 0.
///
/// [`get`](Self::get) reads a table by index, without a lock or a hash. Rates and alerts see the first increase of a
/// series, because the series exists before the increase. A label set with more than 10,000 combinations does not
/// compile with `cargo build`; `cargo check` does not find it. A clone is the same family.
///
/// ```
/// use gds_metrics::{
///     ClosedFamily, Counter, EncodeLabelSet, EncodeLabelValue, GdsMetricSet, GdsMetrics,
/// };
///
/// #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
/// struct Job {
///     queue: Queue,
///     retried: bool,
/// }
///
/// #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
/// enum Queue {
///     Mail,
///     Invoices,
/// }
///
/// #[derive(Clone, Debug, GdsMetricSet)]
/// struct JobMetrics {
///     /// Jobs done.
///     jobs: ClosedFamily<Job, Counter>, // jobs_total{queue="…",retried="…"}, four series
/// }
///
/// let metrics = GdsMetrics::builder().build()?;
/// let set: JobMetrics = metrics.register()?;
///
/// set.jobs.get(&Job { queue: Queue::Mail, retried: false }).inc();
///
/// let jobs = |queue, retried| {
///     metrics.sample("jobs_total", &[("queue", queue), ("retried", retried)])
/// };
/// assert_eq!(jobs("mail", "false"), Some(1.0));
/// assert_eq!(jobs("invoices", "true"), Some(0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ClosedFamily<L, M> {
    inner: Arc<Inner<M>>,
    labels: PhantomData<fn(&L)>,
}

struct Inner<M> {
    options: Options,
    /// In the order of [`ClosedLabelSet::all`].
    metrics: Box<[M]>,
    /// The metric for an index that is out of range, which an implementation by hand can return.
    spare: M,
    /// The exposed series, sorted by label text.
    entries: Box<[Entry<M>]>,
    /// The bytes of the labels of all series.
    label_bytes: usize,
}

impl<L: ClosedLabelSet + FamilyLabels, M: FamilyMember> ClosedFamily<L, M> {
    fn new(options: &Options) -> Self {
        let count = const { capped(L::COUNT) };
        let start = Timestamp::now();
        let mut metrics = Vec::with_capacity(count);
        let mut entries = BTreeMap::new();
        let mut left_out = 0;
        for labels in L::all().into_iter().take(count) {
            let label = label_render::render(&labels)
                .and_then(|own| Label::of_series(M::KIND, &options.constant_labels, own));
            metrics.push(match label {
                Ok(label) => {
                    // Label sets with the same text share one series.
                    let entry = entries
                        .entry(Arc::clone(label.key()))
                        .or_insert_with(|| Entry::new(label, M::make(options), start));
                    entry.metric().clone()
                }
                Err(BadLabels) => {
                    left_out += 1;
                    M::make(options)
                }
            });
        }
        if left_out > 0 {
            warn_of_left_out(&options.name);
        }
        if entries.len() + left_out < metrics.len() {
            warn_of_shared(&options.name);
        }
        let mut keys = entries.values().map(Entry::label);
        if let Some(label) = keys.find_map(Label::renamed_by_prometheus) {
            warn_of_renamed(&options.name, label);
        }
        let mut entries: Vec<Entry<M>> = entries.into_values().collect();
        entries.sort_by(|a, b| a.labels().cmp(b.labels()));
        Self {
            inner: Arc::new(Inner {
                options: options.clone(),
                metrics: metrics.into(),
                label_bytes: entries.iter().map(|entry| entry.labels().len()).sum(),
                spare: M::make(options),
                entries: entries.into(),
            }),
            labels: PhantomData,
        }
    }

    /// Returns the metric of `labels`.
    ///
    /// Labels cannot be exposed if their encoder fails, or if a label name is invalid or occurs twice. Their metric
    /// then works, but the exposition omits its series, and a warning is logged when the family is created.
    #[inline]
    #[must_use = "the metric is there to be used: `.inc()`, `.set(…)`, `.observe(…)`"]
    pub fn get(&self, labels: &L) -> &M {
        let Inner { metrics, spare, .. } = &*self.inner;
        metrics.get(labels.index()).unwrap_or(spare)
    }

    /// Starts a timer. When it is dropped, the metric of `labels` observes the seconds since the start.
    ///
    /// ```
    /// use gds_metrics::{ClosedFamily, EncodeLabelSet, Summary};
    ///
    /// #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    /// struct Render {
    ///     cached: bool,
    /// }
    ///
    /// let renders: ClosedFamily<Render, Summary> = ClosedFamily::default();
    /// {
    ///     let _timer = renders.start_timer(&Render { cached: true });
    ///     // … render the page …
    /// }
    /// assert_eq!(renders.get(&Render { cached: true }).count(), 1);
    /// ```
    pub fn start_timer(&self, labels: &L) -> Timer<M>
    where
        M: Observe,
    {
        Timer::start(self.get(labels).clone())
    }

    /// Adds 1 to the gauge of `labels`, and subtracts it when the guard is dropped.
    ///
    /// ```
    /// use gds_metrics::{ClosedFamily, EncodeLabelSet, Gauge};
    ///
    /// #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    /// struct Job {
    ///     urgent: bool,
    /// }
    ///
    /// let jobs: ClosedFamily<Job, Gauge> = ClosedFamily::default();
    /// let running = jobs.in_progress(&Job { urgent: true });
    /// assert_eq!(jobs.get(&Job { urgent: true }).get(), 1);
    /// drop(running);
    /// assert_eq!(jobs.get(&Job { urgent: true }).get(), 0);
    /// ```
    pub fn in_progress(&self, labels: &L) -> InProgress<M>
    where
        M: UpDown,
    {
        InProgress::begin(self.get(labels).clone())
    }
}

impl<L: ClosedFamilyLabels, M: FamilyMember> Metric for ClosedFamily<L, M> {
    const KIND: MetricKind = M::KIND;
}

impl<L: ClosedFamilyLabels + NamedLabels, M: FamilyMember> NamedMetric for ClosedFamily<L, M> {
    const NAMES: Names = L::NAMES;
}

impl<L: ClosedFamilyLabels, M: FamilyMember> sealed::Metric for ClosedFamily<L, M> {
    type Labels = L;

    const WHOLE: bool = M::WHOLE;

    fn make(options: &Options) -> Self {
        Self::new(options)
    }

    fn exposed(&self, _: &Options) -> Box<dyn Exposed> {
        Box::new(self.clone())
    }
}

impl<L: ClosedLabelSet + FamilyLabels, M: FamilyMember> Exposed for ClosedFamily<L, M> {
    fn write(&self, writer: &mut dyn Writer) {
        for entry in &self.inner.entries {
            entry.metric().write(writer, entry.labels(), entry.start());
        }
    }

    fn samples(&self) -> usize {
        self.inner.entries.len() * self.inner.options.samples_each(M::KIND)
    }

    fn label_bytes(&self) -> usize {
        self.inner.label_bytes * self.inner.options.samples_each(M::KIND)
    }
}

impl<L: ClosedLabelSet + FamilyLabels, M: FamilyMember> Default for ClosedFamily<L, M> {
    fn default() -> Self {
        Self::new(&Options::default())
    }
}

impl<L, M> Clone for ClosedFamily<L, M> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            labels: PhantomData,
        }
    }
}

impl<L, M> fmt::Debug for ClosedFamily<L, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClosedFamily")
            .field("name", &self.inner.options.name)
            .field("series", &self.inner.entries.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::{
        encoding::{EncodeLabelSet, LabelSetEncoder},
        metrics::counter::Counter,
    };

    use super::*;
    use crate::custom::metrics::Summary;

    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Switch {
        on: bool,
    }

    impl EncodeLabelSet for Switch {
        fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
            [("on", self.on.to_string())].encode(encoder)
        }
    }

    impl ClosedLabelSet for Switch {
        const COUNT: usize = 2;

        fn all() -> Vec<Self> {
            vec![Self { on: false }, Self { on: true }]
        }

        fn index(&self) -> usize {
            usize::from(self.on)
        }
    }

    #[test]
    fn samples_and_label_bytes_are_counted() {
        let bytes = r#"on="false"on="true""#.len();
        let counters = ClosedFamily::<Switch, Counter>::default();
        assert_eq!((counters.samples(), counters.label_bytes()), (2, bytes));
        let summaries = ClosedFamily::<Switch, Summary>::default();
        assert_eq!(
            (summaries.samples(), summaries.label_bytes()),
            (4, 2 * bytes)
        );
    }
}
