//! A histogram without locks.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use crate::{
    custom::metric::{
        Exposed, FamilyMember, Metric, NamedMetric, NoLabels, Options, sealed, single,
    },
    exposition::{
        self, Bounds, MetricKind, Number, Timestamp, TraceContext, Writer,
        exemplars::Exemplars,
        native::{Cells, Layout, Reading},
    },
};

/// Counts observations in buckets: `<name>_bucket`, `<name>_sum` and `<name>_count`.
///
/// An observation takes no lock: it adds to one bucket and to the sum atomically. In every scrape, the count is the
/// sum of the buckets. A clone shares the counts of the original.
///
/// In a metric set, `#[metric(buckets = …)]` sets the bounds, in the metric's unit. Default for seconds: 14
/// bounds from 0.005 to 10. There is no default for other units. With `#[metric(native)]` or
/// [`.native_histograms(true)`](crate::GdsMetricsBuilder::native_histograms), the histogram also has native
/// buckets.
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
    /// The count of each bucket alone. The last one is `+Inf`.
    Classic(Box<[AtomicU64]>),
    /// Both forms are sums of these cells.
    Native { layout: Arc<Layout>, cells: Cells },
}

impl Histogram {
    /// Creates a histogram with these upper bounds and `+Inf`.
    ///
    /// The bounds are sorted. Repeated bounds and bounds that are not finite are ignored. In a metric set, bounds that
    /// do not ascend, and bounds that are not finite, do not compile: see `#[metric(buckets = …)]`.
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

    /// Observes `value`, in the metric's unit.
    ///
    /// The value is counted in the first bucket whose bound is not below the value. `NaN` is counted in `+Inf` and
    /// makes the sum `NaN`, as in the other Prometheus clients. Do not observe negative values: they decrease the sum,
    /// which `rate()` takes for a restart. Some readers reject OpenMetrics with a negative sum, or with a sum and a
    /// bound below 0. (In native buckets, negative values are counted in the zero bucket.)
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
        // It cannot fail, because the closure always returns a value.
        let _ = inner.sum.fetch_update(Relaxed, Relaxed, add);
    }

    /// Observes `value` as [`observe`](Self::observe) does, and stores `trace` as the exemplar of its bucket.
    ///
    /// A bucket has one exemplar. A new one replaces it once it is at least 1 second old. OpenMetrics and
    /// protobuf expose an exemplar until it is 70 seconds old. The first exemplar of a series allocates 48 bytes
    /// for each bucket.
    ///
    /// This method needs no setting of the application. Prometheus stores exemplars with
    /// `--enable-feature=exemplar-storage`.
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

    /// The sum of the observed values.
    #[must_use]
    pub fn sum(&self) -> f64 {
        f64::from_bits(self.inner.sum.load(Relaxed))
    }

    /// The number of observed values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.inner.counts.read().classic.iter().sum()
    }

    /// The bounds, including `+Inf`, and the count of each bucket alone.
    pub(crate) fn buckets(&self) -> Vec<(f64, u64)> {
        let bounds = self.inner.bounds.values().iter().copied();
        let counts = self.inner.counts.read().classic;
        bounds.chain([f64::INFINITY]).zip(counts).collect()
    }
}

impl Inner {
    /// The index of the classic bucket of a value.
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

impl NamedMetric for Histogram {}

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
        // Read before the counts, so that every observation with an exemplar is counted.
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
    fn bounds_are_sorted_and_unique() {
        let histogram = Histogram::new([5.0, 1.0, f64::NAN, 1.0, f64::INFINITY, 2.0]);
        assert_eq!(histogram.inner.bounds.values(), [1.0, 2.0, 5.0]);
    }

    #[test]
    fn observations_count_in_their_buckets() {
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
