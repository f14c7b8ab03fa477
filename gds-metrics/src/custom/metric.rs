//! The types that a field of a metric set may have.

use std::{fmt::Debug, marker::PhantomData, sync::Arc};

use prometheus_client::metrics::{
    counter::{self, Counter},
    gauge::{self, Gauge},
};

use super::{
    labels::{Label, NamedLabels, Names, Unknown},
    metrics::buckets,
};
use crate::exposition::{Bounds, MetricKind, Number, Timestamp, Writer, native::Layout};

/// A type that a field of a [`GdsMetricSet`](crate::GdsMetricSet) may have.
///
/// Implemented for prometheus-client's `Counter` and `Gauge` of any number type, for
/// [`Histogram`](crate::Histogram), [`Summary`](crate::Summary), [`Info`](crate::Info),
/// [`StateSet`](crate::StateSet), [`GaugeFn`](crate::GaugeFn) and [`CounterFn`](crate::CounterFn), and for a
/// [`Family`](crate::Family) and a [`ClosedFamily`](crate::ClosedFamily) of a [`FamilyMember`]. This trait cannot be
/// implemented outside this crate.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a metric type: expected `Counter`, `Gauge`, `Histogram`, `Summary`, `Info`, `StateSet`, `GaugeFn`, `CounterFn`, or a `Family` or `ClosedFamily` of one of the first four",
    label = "not a metric type",
    note = "a field that is another metric set needs `#[metric(flatten)]` or `#[metric(prefix = \"…\")]`",
    note = "a field that is not a metric needs `#[metric(skip)]`",
    note = "prometheus-client's own `Family`, `Histogram` and metrics with exemplars go through `GdsMetrics::register_with`; in a set, write `gds_metrics::Family` and `gds_metrics::Histogram`"
)]
pub trait Metric: sealed::Metric {
    /// What kind of metric it is.
    const KIND: MetricKind;
}

/// A metric type that a [`Family`](crate::Family) or a [`ClosedFamily`](crate::ClosedFamily) can have for each label
/// set: `Counter`, `Gauge`, [`Histogram`](crate::Histogram) and [`Summary`](crate::Summary).
///
/// This trait cannot be implemented outside this crate.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a metric type that a `Family` can have: expected `Counter`, `Gauge`, `Histogram` or `Summary`",
    label = "not a metric type for a family"
)]
pub trait FamilyMember: Metric + sealed::Member + Clone {}

/// Traits that keep `Metric` and `FamilyMember` sealed.
pub(crate) mod sealed {
    use super::{Exposed, Options, Timestamp, Writer};

    /// How a metric set makes and exposes a metric.
    pub trait Metric: Sized {
        /// The label set of its series.
        type Labels;

        /// Whether its values are whole numbers.
        const WHOLE: bool = false;

        /// Whether it is a state set with a state that has no text.
        const HAS_EMPTY_STATE: bool = false;

        /// Makes the metric of a field.
        fn make(options: &Options) -> Self;

        /// The metric as a scrape sees it.
        fn exposed(&self, options: &Options) -> Box<dyn Exposed>;
    }

    /// How a family writes each of its metrics.
    pub trait Member: Send + Sync + 'static {
        fn write(&self, writer: &mut dyn Writer, labels: &str, start: Timestamp);
    }
}

/// The label set of a metric that has none.
#[derive(Clone, Copy, Debug)]
pub struct NoLabels;

impl NamedLabels for NoLabels {
    const NAMES: Names = Some(&[]);
}

/// `LabelsOf::<M>::NAMES`: the names of a metric's labels, if its label set has [`NamedLabels`]. Otherwise, and
/// for a type that is not a metric, it is [`Unknown`]'s `None`.
#[doc(hidden)]
#[derive(Debug)]
pub struct LabelsOf<M>(PhantomData<M>);

impl<M: sealed::Metric<Labels: NamedLabels>> LabelsOf<M> {
    pub const NAMES: Names = <M::Labels as NamedLabels>::NAMES;
}

impl<M> Unknown for LabelsOf<M> {}

/// A field of a generic set. [`LabelsOf`] is resolved before type parameters are known, so this bound asks for
/// the names.
///
/// Each metric type implements it by itself: with one implementation for all `Metric`s, a wrong label set would
/// cause two errors.
#[doc(hidden)]
pub trait NamedMetric: Metric {
    const NAMES: Names = Some(&[]);
}

/// The options of a metric, known before the metric is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// The family's name.
    pub(crate) name: Arc<str>,
    /// The bounds of histograms.
    pub(crate) bounds: Arc<Bounds>,
    /// The cells of a histogram that has native buckets too.
    pub(crate) native: Option<Arc<Layout>>,
    /// The limit of a family.
    pub(crate) max_series: usize,
    /// The labels of every series, as text.
    pub(crate) constant_labels: Arc<str>,
    /// The names of a family's labels, if its label type has them.
    pub(crate) labels: Option<&'static [Label]>,
}

impl Options {
    /// The default limit of a family.
    pub(crate) const MAX_SERIES: usize = 10_000;

    /// The number of samples of each series.
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

    /// The approximate number of samples.
    fn samples(&self) -> usize {
        1
    }

    /// The bytes of the labels of all samples, for families.
    fn label_bytes(&self) -> usize {
        0
    }

    /// Whether writing it runs the application's code.
    fn is_foreign(&self) -> bool {
        false
    }

    /// The number of look-ups that were folded; `None` if the metric never folds.
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

/// A metric with one series, as a scrape sees it.
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
    f32, false => small_float;
}

/// The number with the digits of `value`. A conversion would write 0.1 as `0.10000000149011612`.
fn small_float(value: f32) -> Number {
    let digits = value.to_string().parse();
    Number::Float(digits.unwrap_or(f64::from(value)))
}

/// What can store the number of a counter.
///
/// It repeats the items of [`Numeric`], so that a type that is not a number causes one error, not two.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a `Counter<{N}>` cannot store its number in an `{Self}`: write `Counter` for whole numbers, or `FloatCounter` for fractions",
    label = "not a counter's number"
)]
pub trait CounterCell<N>: counter::Atomic<N> + Default + Debug + Send + Sync + 'static {
    const WHOLE: bool;

    fn number(value: N) -> Number;
}

#[diagnostic::do_not_recommend]
impl<N: Numeric, A: counter::Atomic<N> + Default + Debug + Send + Sync + 'static> CounterCell<N>
    for A
{
    const WHOLE: bool = N::WHOLE;

    fn number(value: N) -> Number {
        value.number()
    }
}

/// What can store the number of a gauge.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a `Gauge<{N}>` cannot store its number in an `{Self}`: write `FloatGauge` for fractions, `Gauge` for whole numbers, or name what stores the number, as in `Gauge<u64, AtomicU64>`",
    label = "not a gauge's number"
)]
pub trait GaugeCell<N>: gauge::Atomic<N> + Default + Debug + Send + Sync + 'static {
    const WHOLE: bool;

    fn number(value: N) -> Number;
}

#[diagnostic::do_not_recommend]
impl<N: Numeric, A: gauge::Atomic<N> + Default + Debug + Send + Sync + 'static> GaugeCell<N> for A {
    const WHOLE: bool = N::WHOLE;

    fn number(value: N) -> Number {
        value.number()
    }
}

macro_rules! atom {
    ($atom:ident, $cell:path, $kind:expr, $start:expr) => {
        impl<N: Debug + Send + Sync + 'static, A: $cell> Metric for $atom<N, A> {
            const KIND: MetricKind = $kind;
        }

        impl<N: Debug + Send + Sync + 'static, A: $cell> NamedMetric for $atom<N, A> {}

        impl<N: Debug + Send + Sync + 'static, A: $cell> FamilyMember for $atom<N, A> {}

        impl<N: Debug + Send + Sync + 'static, A: $cell> sealed::Metric for $atom<N, A> {
            type Labels = NoLabels;

            const WHOLE: bool = A::WHOLE;

            fn make(_: &Options) -> Self {
                Self::default()
            }

            fn exposed(&self, options: &Options) -> Box<dyn Exposed> {
                single(self, options)
            }
        }

        impl<N: Debug + Send + Sync + 'static, A: $cell> sealed::Member for $atom<N, A> {
            fn write(&self, writer: &mut dyn Writer, labels: &str, start: Timestamp) {
                writer.sample(labels, A::number(self.get()), $start(start));
            }
        }
    };
}

atom!(Counter, CounterCell<N>, MetricKind::Counter, Some);
atom!(Gauge, GaugeCell<N>, MetricKind::Gauge, |_| None);
