//! A histogram without locks.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use crate::{
    custom::metric::{Exposed, FamilyMember, Metric, NoLabels, Options, sealed, single},
    exposition::{
        self, Bounds, MetricKind, Number, Timestamp, TraceContext, Writer,
        exemplars::Exemplars,
        native::{Cells, Layout, Reading},
    },
};

/// Counts observations into buckets: `<name>_bucket`, `<name>_sum` and `<name>_count`.
///
/// It takes no lock: an observation is two atomic additions. Every reading of it has as many
/// observations in its buckets as in its count. A clone is the same histogram.
///
/// In a metric set, its bounds are those of `#[metric(buckets = …)]`, and with `#[metric(native)]` or
/// [`.native_histograms(true)`](crate::GdsMetricsBuilder::native_histograms) it has native buckets too.
///
/// ```
/// use gds_metrics::Histogram;
///
/// let sizes = Histogram::new([100.0, 1000.0]);
/// sizes.observe(250.0);
/// assert_eq!((sizes.sum(), sizes.count()), (250.0, 1));
/// ```
#[derive(Clone, Debug)]
pub struct Histogram {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    bounds: Arc<Bounds>,
    counts: Counts,
    /// The bits of an `f64`.
    sum: AtomicU64,
    exemplars: Exemplars,
}

#[derive(Debug)]
enum Counts {
    /// What each bucket holds by itself; the last is `+Inf`.
    Classic(Box<[AtomicU64]>),
    /// What both forms are sums of.
    Native { layout: Arc<Layout>, cells: Cells },
}

impl Histogram {
    /// A histogram with these upper bounds, beside `+Inf`.
    ///
    /// They are sorted. A bound that comes twice, or that is not finite, is left out. In a metric set
    /// such bounds do not compile: see `#[metric(buckets = …)]`.
    #[must_use]
    pub fn new(bounds: impl IntoIterator<Item = f64>) -> Self {
        let mut bounds: Vec<f64> = bounds.into_iter().filter(|b| b.is_finite()).collect();
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        Self::with_bounds(Arc::new(Bounds::new(bounds)), None)
    }

    fn with_bounds(bounds: Arc<Bounds>, native: Option<Arc<Layout>>) -> Self {
        let counts = match native {
            Some(layout) => Counts::Native {
                cells: Cells::new(layout.cells()),
                layout,
            },
            None => {
                let buckets = (0..=bounds.values().len()).map(|_| AtomicU64::new(0));
                Counts::Classic(buckets.collect())
            }
        };
        Self {
            inner: Arc::new(Inner {
                bounds,
                counts,
                sum: AtomicU64::new(0.0_f64.to_bits()),
                exemplars: Exemplars::default(),
            }),
        }
    }

    /// Counts `value`, which is in the metric's unit.
    ///
    /// A value falls into the first bucket whose bound is not below it. `NaN` falls into `+Inf`, and
    /// makes the sum `NaN` as in the other clients of Prometheus. A negative value makes the sum go
    /// down, which `rate()` takes for a restart: measure things that are not negative. (Of the native
    /// buckets, the zero bucket takes what is negative.)
    pub fn observe(&self, value: f64) {
        let inner = &*self.inner;
        match &inner.counts {
            Counts::Classic(buckets) => {
                if let Some(count) = buckets.get(inner.bucket(value)) {
                    count.fetch_add(1, Relaxed);
                }
            }
            Counts::Native { layout, cells } => cells.count_shared(layout.cell(value)),
        }
        let add = |bits| Some((f64::from_bits(bits) + value).to_bits());
        // The closure always gives a value, so this cannot fail.
        let _ = inner.sum.fetch_update(Relaxed, Relaxed, add);
    }

    /// Counts `value` as [`observe`](Self::observe) does, and keeps the trace that it belongs to as the
    /// exemplar of its bucket.
    ///
    /// A bucket has one exemplar, its last one, which is replaced when it is at least a second old. It
    /// is written in OpenMetrics and protobuf, and not any more when it is older than 70 seconds. The
    /// first exemplar of a series takes 48 bytes for each bucket.
    ///
    /// Works without any setting. Prometheus keeps exemplars with `--enable-feature=exemplar-storage`.
    ///
    /// ```
    /// use gds_metrics::{Format, GdsMetricSet, GdsMetrics, Histogram, TraceContext};
    ///
    /// #[derive(Clone, Debug, GdsMetricSet)]
    /// struct Metrics {
    ///     /// Time taken to render a page.
    ///     #[metric(unit = "seconds", buckets = [0.5])]
    ///     render_duration: Histogram,
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let metrics = GdsMetrics::builder().build()?;
    /// let own: Metrics = metrics.register()?;
    /// let trace = TraceContext::new([0xaf; 16], [0xb7; 8]);
    /// own.render_duration.observe_with(0.25, &trace);
    ///
    /// let text = metrics.encode(Format::OpenMetrics)?;
    /// assert!(text.contains(r#"{le="0.5"} 1 # {trace_id="afafafaf"#));
    /// # Ok(())
    /// # }
    /// ```
    pub fn observe_with(&self, value: f64, trace: &TraceContext) {
        self.observe(value);
        let inner = &*self.inner;
        inner.exemplars.keep(
            inner.bucket(value),
            inner.bounds.values().len() + 1,
            trace,
            value.to_bits(),
            Timestamp::now(),
        );
    }

    /// The sum of the values observed so far.
    #[must_use]
    pub fn sum(&self) -> f64 {
        f64::from_bits(self.inner.sum.load(Relaxed))
    }

    /// The number of values observed so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.inner.counts.read().classic.iter().sum()
    }

    /// The bounds, `+Inf` included, and what each bucket holds by itself.
    pub(crate) fn buckets(&self) -> Vec<(f64, u64)> {
        let bounds = self.inner.bounds.values().iter().copied();
        let counts = self.inner.counts.read().classic;
        bounds.chain([f64::INFINITY]).zip(counts).collect()
    }
}

impl Inner {
    /// The classic bucket that a value falls into.
    fn bucket(&self, value: f64) -> usize {
        let bounds = self.bounds.values();
        let bucket = bounds.iter().position(|&bound| value <= bound);
        bucket.unwrap_or(bounds.len())
    }
}

impl Counts {
    fn read(&self) -> Reading {
        match self {
            Self::Classic(buckets) => {
                let counts = buckets.iter().map(|count| count.load(Relaxed));
                Reading::of_classic(counts.collect())
            }
            Self::Native { layout, cells } => {
                let mut counts = vec![0; layout.cells()];
                cells.add_to(&mut counts);
                let mut reading = Reading::default();
                layout.read(&counts, &mut reading);
                reading
            }
        }
    }
}

impl Metric for Histogram {
    const KIND: MetricKind = MetricKind::Histogram;
}

impl FamilyMember for Histogram {}

impl sealed::Metric for Histogram {
    type Labels = NoLabels;

    fn make(options: &Options) -> Self {
        Self::with_bounds(Arc::clone(&options.bounds), options.native.clone())
    }

    fn exposed(&self, options: &Options) -> Box<dyn Exposed> {
        single(self, options)
    }
}

impl sealed::Member for Histogram {
    fn write(&self, writer: &mut dyn Writer, labels: &str, start: Timestamp) {
        let inner = &*self.inner;
        // Before the counts, so that whatever has an exemplar is counted.
        let exemplars = Exemplars::read([&inner.exemplars], |bits| {
            Number::Float(f64::from_bits(bits))
        });
        let reading = inner.counts.read();
        let histogram = exposition::Histogram {
            bounds: &inner.bounds,
            buckets: &reading.classic,
            sum: Number::Float(self.sum()),
            native: reading.native(),
            exemplars: &exemplars.exemplars(),
            start: Some(start),
        };
        writer.histogram(labels, &histogram);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_put_in_order() {
        let histogram = Histogram::new([5.0, 1.0, f64::NAN, 1.0, f64::INFINITY, 2.0]);
        assert_eq!(histogram.inner.bounds.values(), [1.0, 2.0, 5.0]);
    }

    #[test]
    fn observations_fall_into_their_buckets() {
        let histogram = Histogram::new([0.0, 1.0]);
        for value in [-1.0, 0.0, 0.5, 1.0, 1.5, f64::INFINITY] {
            histogram.observe(value);
        }
        assert_eq!(histogram.inner.counts.read().classic, [2, 2, 2]);
        assert_eq!(histogram.count(), 6);
        histogram.observe(f64::NAN);
        assert_eq!(histogram.count(), 7);
        assert!(histogram.sum().is_nan());
    }
}
