//! The types a field of a metric set may have.

use std::fmt::Debug;

use prometheus_client::{
    encoding::{
        EncodeCounterValue, EncodeExemplarValue, EncodeGaugeValue, EncodeLabelSet,
        EncodeLabelValue, EncodeMetric,
    },
    metrics::{
        TypedMetric,
        counter::{self, Counter},
        exemplar::{CounterWithExemplar, HistogramWithExemplars},
        family::Family,
        gauge::{self, Gauge},
        histogram::Histogram,
    },
    registry::Registry,
};

use super::Buckets;
use crate::{
    custom::{
        labels::{ClosedLabelValue, LabelSet},
        metrics::{Info, Labelled, StateSet, Summary},
    },
    exposition::MetricKind,
};

/// A type that a field of a [`GdsMetricSet`](crate::GdsMetricSet) may have.
///
/// Implemented for prometheus-client's `Counter` and `Gauge` of any number type, for `Histogram`, for
/// both of their kinds with exemplars, for [`Summary`], [`Info`] and [`StateSet`], and for a `Family` of a
/// [`FamilyMember`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a metric type: expected `Counter`, `Gauge`, `Histogram`, `Summary`, `Info`, `StateSet`, or a `Family` of one of the first four",
    label = "not a metric type",
    note = "a field that is another metric set needs `#[metric(flatten)]` or `#[metric(prefix = \"…\")]`",
    note = "a field that is no metric needs `#[metric(skip)]`"
)]
pub trait Metric: Sized {
    /// What kind of metric it is.
    const KIND: MetricKind;

    #[doc(hidden)]
    fn make(buckets: Buckets) -> Self;

    /// Adds it to `registry` as the family `name`.
    #[doc(hidden)]
    fn expose(&self, name: &str, registry: &mut Registry);
}

/// A metric type of which there can be a [`Family`], one for each label set.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a metric type that a `Family` can have: expected `Counter`, `Gauge`, `Histogram` or `Summary`",
    label = "not a metric type for a family"
)]
pub trait FamilyMember:
    Metric + EncodeMetric + TypedMetric + Debug + Send + Sync + 'static
{
    /// A function without captures, which is all that a `Family`'s type has room for.
    #[doc(hidden)]
    fn constructor(buckets: Buckets) -> fn() -> Self;
}

/// The two methods that are alike for what can be registered as it is.
macro_rules! as_it_is {
    () => {
        fn expose(&self, name: &str, registry: &mut Registry) {
            registry.register(name, "", self.clone());
        }
    };
    (default) => {
        fn make(_: Buckets) -> Self {
            Self::default()
        }

        as_it_is!();
    };
}

impl<N, A> Metric for Counter<N, A>
where
    N: EncodeCounterValue + Debug + Send + Sync + 'static,
    A: counter::Atomic<N> + Default + Debug + Send + Sync + 'static,
{
    const KIND: MetricKind = MetricKind::Counter;

    as_it_is!(default);
}

impl<N, A> FamilyMember for Counter<N, A>
where
    N: EncodeCounterValue + Debug + Send + Sync + 'static,
    A: counter::Atomic<N> + Default + Debug + Send + Sync + 'static,
{
    fn constructor(_: Buckets) -> fn() -> Self {
        Self::default
    }
}

impl<N, A> Metric for Gauge<N, A>
where
    N: EncodeGaugeValue + Debug + Send + Sync + 'static,
    A: gauge::Atomic<N> + Default + Debug + Send + Sync + 'static,
{
    const KIND: MetricKind = MetricKind::Gauge;

    as_it_is!(default);
}

impl<N, A> FamilyMember for Gauge<N, A>
where
    N: EncodeGaugeValue + Debug + Send + Sync + 'static,
    A: gauge::Atomic<N> + Default + Debug + Send + Sync + 'static,
{
    fn constructor(_: Buckets) -> fn() -> Self {
        Self::default
    }
}

impl Metric for Histogram {
    const KIND: MetricKind = MetricKind::Histogram;

    fn make(buckets: Buckets) -> Self {
        (buckets.histogram)()
    }

    as_it_is!();
}

impl FamilyMember for Histogram {
    fn constructor(buckets: Buckets) -> fn() -> Self {
        buckets.histogram
    }
}

impl<S> Metric for HistogramWithExemplars<S>
where
    S: EncodeLabelSet + Debug + Send + Sync + 'static,
{
    const KIND: MetricKind = MetricKind::Histogram;

    fn make(buckets: Buckets) -> Self {
        Self::new(buckets.bounds.iter().copied())
    }

    as_it_is!();
}

impl<S, N, A> Metric for CounterWithExemplar<S, N, A>
where
    S: EncodeLabelSet + Debug + Send + Sync + 'static,
    N: EncodeCounterValue + EncodeExemplarValue + Clone + Debug + Send + Sync + 'static,
    A: counter::Atomic<N> + Default + Debug + Send + Sync + 'static,
{
    const KIND: MetricKind = MetricKind::Counter;

    as_it_is!(default);
}

impl Metric for Summary {
    const KIND: MetricKind = MetricKind::Summary;

    as_it_is!(default);
}

impl FamilyMember for Summary {
    fn constructor(_: Buckets) -> fn() -> Self {
        Self::default
    }
}

impl<L> Metric for Info<L>
where
    L: EncodeLabelSet + Debug + Send + Sync + 'static,
{
    const KIND: MetricKind = MetricKind::Info;

    as_it_is!(default);
}

impl<E> Metric for StateSet<E>
where
    E: EncodeLabelValue + ClosedLabelValue + Debug + Send + Sync + 'static,
{
    const KIND: MetricKind = MetricKind::StateSet;

    fn make(_: Buckets) -> Self {
        Self::default()
    }

    fn expose(&self, name: &str, registry: &mut Registry) {
        let labelled = Labelled {
            label: name.to_owned(),
            states: self.clone(),
        };
        registry.register(name, "", labelled);
    }
}

impl<L: LabelSet, M: FamilyMember> Metric for Family<L, M> {
    const KIND: MetricKind = M::KIND;

    fn make(buckets: Buckets) -> Self {
        Self::new_with_constructor(M::constructor(buckets))
    }

    as_it_is!();
}
