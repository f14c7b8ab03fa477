//! The types that a field of a metric set may have.

use std::{fmt::Debug, marker::PhantomData, sync::Arc};

use prometheus_client::metrics::{
    counter::{self, Counter},
    gauge::{self, Gauge},
};

use super::{
    labels::{Label, LabelNames, Unknown},
    metrics::buckets,
};
use crate::exposition::{Bounds, MetricKind, Number, Timestamp, Writer, native::Layout};

/// A type that a field of a [`GdsMetricSet`](crate::GdsMetricSet) may have.
///
/// Implemented for prometheus-client's `Counter` and `Gauge` of any number type, for
/// [`Histogram`](crate::Histogram), [`Summary`](crate::Summary), [`Info`](crate::Info),
/// [`StateSet`](crate::StateSet), [`GaugeFn`](crate::GaugeFn) and [`CounterFn`](crate::CounterFn), and for a
/// [`Family`](crate::Family) and a [`ClosedFamily`](crate::ClosedFamily) of a [`FamilyMember`]. It cannot be implemented outside of this crate.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a metric type: expected `Counter`, `Gauge`, `Histogram`, `Summary`, `Info`, `StateSet`, `GaugeFn`, `CounterFn`, or a `Family` or `ClosedFamily` of one of the first four",
    label = "not a metric type",
    note = "a field that is another metric set needs `#[metric(flatten)]` or `#[metric(prefix = \"…\")]`",
    note = "a field that is no metric needs `#[metric(skip)]`",
    note = "prometheus-client's own `Family`, `Histogram` and metrics with exemplars go through `GdsMetrics::register_with`; in a set, write `gds_metrics::Family` and `gds_metrics::Histogram`"
)]
pub trait Metric: sealed::Metric {
    /// What kind of metric it is.
    const KIND: MetricKind;
}

/// A metric type of which there can be a [`Family`](crate::Family) or a
/// [`ClosedFamily`](crate::ClosedFamily), one metric for each label set:
/// `Counter`, `Gauge`, [`Histogram`](crate::Histogram) and [`Summary`](crate::Summary).
///
/// It cannot be implemented outside of this crate.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a metric type that a `Family` can have: expected `Counter`, `Gauge`, `Histogram` or `Summary`",
    label = "not a metric type for a family"
)]
pub trait FamilyMember: Metric + sealed::Member + Clone {}

/// What keeps the traits of metrics to this crate.
pub(crate) mod sealed {
    use super::{Exposed, Options, Timestamp, Writer};

    /// What a metric set does with a metric.
    pub trait Metric: Sized {
        /// The label set that tells its series apart.
        type Labels;

        /// Whether its values are whole numbers.
        const WHOLE: bool = false;

        /// Makes the metric of a field.
        fn make(options: &Options) -> Self;

        /// What a scrape asks.
        fn exposed(&self, options: &Options) -> Box<dyn Exposed>;
    }

    /// What a family does with each of its metrics.
    pub trait Member: Send + Sync + 'static {
        fn write(&self, writer: &mut dyn Writer, labels: &str, start: Timestamp);
    }
}

/// The label set of a metric that has none.
#[derive(Clone, Copy, Debug)]
pub struct NoLabels;

impl LabelNames for NoLabels {
    const NAMES: Option<&'static [Label]> = Some(&[]);
}

/// `LabelsOf::<M>::NAMES`: the names of a metric's labels, if its label set has [`LabelNames`]. Otherwise, and
/// for a type that is not a metric, it is [`Unknown`]'s `None`.
#[doc(hidden)]
#[derive(Debug)]
pub struct LabelsOf<M>(PhantomData<M>);

impl<M: sealed::Metric<Labels: LabelNames>> LabelsOf<M> {
    pub const NAMES: Option<&'static [Label]> = <M::Labels as LabelNames>::NAMES;
}

impl<M> Unknown for LabelsOf<M> {}

/// What a field of a generic set is. [`LabelsOf`] is resolved before type parameters are known, so here a bound
/// asks for the names.
#[doc(hidden)]
pub trait NamedMetric: Metric {
    const NAMES: Option<&'static [Label]>;
}

impl<M: Metric + sealed::Metric<Labels: LabelNames>> NamedMetric for M {
    const NAMES: Option<&'static [Label]> = <M::Labels as LabelNames>::NAMES;
}

/// What is known of a metric before it is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// The family's name.
    pub(crate) name: Arc<str>,
    /// Of histograms.
    pub(crate) bounds: Arc<Bounds>,
    /// The cells of a histogram that has native buckets too.
    pub(crate) native: Option<Arc<Layout>>,
    /// Of a family.
    pub(crate) max_series: usize,
    /// The labels of every series, as text.
    pub(crate) constant_labels: Arc<str>,
    /// The names of a family's labels, if its label type has them.
    pub(crate) labels: Option<&'static [Label]>,
}

impl Options {
    /// How many series a family has at most, unless a set says otherwise.
    pub(crate) const MAX_SERIES: usize = 10_000;

    /// How many samples each series of a family has.
    pub(crate) fn samples_each(&self, kind: MetricKind) -> usize {
        match kind {
            MetricKind::Histogram => self.bounds.values().len() + 3,
            MetricKind::Summary => 2,
            _ => 1,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: "".into(),
            bounds: Arc::new(Bounds::new(buckets::DEFAULT)),
            native: None,
            max_series: Self::MAX_SERIES,
            constant_labels: "".into(),
            labels: None,
        }
    }
}

/// A metric or a family of them, as a scrape sees it.
pub trait Exposed: Debug + Send + Sync {
    fn write(&self, writer: &mut dyn Writer);

    /// About how many samples it has.
    fn samples(&self) -> usize {
        1
    }

    /// How long the labels of all samples are together, where they can be long.
    fn label_bytes(&self) -> usize {
        0
    }

    /// Whether writing it calls code of the application.
    fn is_foreign(&self) -> bool {
        false
    }

    /// How many requests for a series were folded; `None` if that cannot happen.
    fn folded(&self) -> Option<u64> {
        None
    }
}

/// A metric of one series.
#[derive(Debug)]
struct Single<M> {
    metric: M,
    labels: Arc<str>,
    start: Timestamp,
}

impl<M: sealed::Member + Debug> Exposed for Single<M> {
    fn write(&self, writer: &mut dyn Writer) {
        self.metric.write(writer, &self.labels, self.start);
    }
}

/// What a scrape asks of a metric of one series.
pub(crate) fn single<M: sealed::Member + Debug + Clone>(
    metric: &M,
    options: &Options,
) -> Box<dyn Exposed> {
    Box::new(Single {
        metric: metric.clone(),
        labels: Arc::clone(&options.constant_labels),
        start: Timestamp::now(),
    })
}

/// The number types of prometheus-client's counters and gauges.
pub trait Numeric: Debug + Send + Sync + 'static {
    /// Whether it holds whole numbers.
    const WHOLE: bool;

    fn number(self) -> Number;
}

macro_rules! numeric {
    ($($type:ty, $whole:literal => $number:expr;)+) => {$(
        impl Numeric for $type {
            const WHOLE: bool = $whole;

            fn number(self) -> Number {
                $number(self.into())
            }
        }
    )+};
}

numeric! {
    u64, true => Number::Unsigned;
    u32, true => Number::Unsigned;
    i64, true => Number::Signed;
    i32, true => Number::Signed;
    f64, false => Number::Float;
    f32, false => Number::Float;
}

/// What can keep the number of a counter.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a `Counter<{N}>` cannot keep its number in an `{Self}`: write `Counter` for whole numbers, or `FloatCounter` for fractions",
    label = "not a counter's number"
)]
pub trait CounterCell<N>: counter::Atomic<N> + Default + Debug + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<N, A: counter::Atomic<N> + Default + Debug + Send + Sync + 'static> CounterCell<N> for A {}

/// What can keep the number of a gauge.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a `Gauge<{N}>` cannot keep its number in an `{Self}`: write `FloatGauge` for fractions, `Gauge` for whole numbers, or name what keeps the number, as in `Gauge<u64, AtomicU64>`",
    label = "not a gauge's number"
)]
pub trait GaugeCell<N>: gauge::Atomic<N> + Default + Debug + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<N, A: gauge::Atomic<N> + Default + Debug + Send + Sync + 'static> GaugeCell<N> for A {}

macro_rules! atom {
    ($atom:ident, $cell:path, $kind:expr, $start:expr) => {
        impl<N: Numeric, A: $cell> Metric for $atom<N, A> {
            const KIND: MetricKind = $kind;
        }

        impl<N: Numeric, A: $cell> FamilyMember for $atom<N, A> {}

        impl<N: Numeric, A: $cell> sealed::Metric for $atom<N, A> {
            type Labels = NoLabels;

            const WHOLE: bool = N::WHOLE;

            fn make(_: &Options) -> Self {
                Self::default()
            }

            fn exposed(&self, options: &Options) -> Box<dyn Exposed> {
                single(self, options)
            }
        }

        impl<N: Numeric, A: $cell> sealed::Member for $atom<N, A> {
            fn write(&self, writer: &mut dyn Writer, labels: &str, start: Timestamp) {
                writer.sample(labels, self.get().number(), $start(start));
            }
        }
    };
}

atom!(Counter, CounterCell<N>, MetricKind::Counter, Some);
atom!(Gauge, GaugeCell<N>, MetricKind::Gauge, |_| None);
