//! A histogram without locks.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use crate::{
    custom::metric::{Exposed, FamilyMember, Metric, NoLabels, Options, sealed, single},
    exposition::{self, Bounds, MetricKind, Number, Timestamp, Writer},
};

/// Counts observations into buckets: `<name>_bucket`, `<name>_sum` and `<name>_count`.
///
/// It takes no lock: an observation is two atomic additions. Every reading of it has as many
/// observations in its buckets as in its count. A clone is the same histogram.
///
/// In a metric set, its bounds are those of `#[metric(buckets = …)]`.
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
    /// What each bucket holds by itself; the last is `+Inf`.
    buckets: Box<[AtomicU64]>,
    /// The bits of an `f64`.
    sum: AtomicU64,
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
        Self::with_bounds(Arc::new(Bounds::new(bounds)))
    }

    fn with_bounds(bounds: Arc<Bounds>) -> Self {
        let buckets = (0..=bounds.values().len()).map(|_| AtomicU64::new(0));
        Self {
            inner: Arc::new(Inner {
                buckets: buckets.collect(),
                sum: AtomicU64::new(0.0_f64.to_bits()),
                bounds,
            }),
        }
    }

    /// Counts `value`, which is in the metric's unit.
    ///
    /// A value falls into the first bucket whose bound is not below it. `NaN` falls into `+Inf`, and
    /// makes the sum `NaN` as in the other clients of Prometheus. A negative value makes the sum go
    /// down, which `rate()` takes for a restart: measure things that are not negative.
    pub fn observe(&self, value: f64) {
        let Inner {
            bounds,
            buckets,
            sum,
        } = &*self.inner;
        let bounds = bounds.values();
        let bucket = bounds.iter().position(|&bound| value <= bound);
        if let Some(count) = buckets.get(bucket.unwrap_or(bounds.len())) {
            count.fetch_add(1, Relaxed);
        }
        let add = |bits| Some((f64::from_bits(bits) + value).to_bits());
        // The closure always gives a value, so this cannot fail.
        let _ = sum.fetch_update(Relaxed, Relaxed, add);
    }

    /// The sum of the values observed so far.
    #[must_use]
    pub fn sum(&self) -> f64 {
        f64::from_bits(self.inner.sum.load(Relaxed))
    }

    /// The number of values observed so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts().sum()
    }

    /// What each bucket holds by itself.
    fn counts(&self) -> impl Iterator<Item = u64> {
        let counts = self.inner.buckets.iter();
        counts.map(|count| count.load(Relaxed))
    }

    /// The bounds, `+Inf` included, and what each bucket holds by itself.
    pub(crate) fn buckets(&self) -> Vec<(f64, u64)> {
        let bounds = self.inner.bounds.values().iter().copied();
        bounds.chain([f64::INFINITY]).zip(self.counts()).collect()
    }
}

impl Metric for Histogram {
    const KIND: MetricKind = MetricKind::Histogram;
}

impl FamilyMember for Histogram {}

impl sealed::Metric for Histogram {
    type Labels = NoLabels;

    fn make(options: &Options) -> Self {
        Self::with_bounds(Arc::clone(&options.bounds))
    }

    fn exposed(&self, options: &Options) -> Box<dyn Exposed> {
        single(self, options)
    }
}

impl sealed::Member for Histogram {
    fn write(&self, writer: &mut dyn Writer, labels: &str, start: Timestamp) {
        let buckets: Vec<u64> = self.counts().collect();
        let histogram = exposition::Histogram {
            bounds: &self.inner.bounds,
            buckets: &buckets,
            sum: Number::Float(self.sum()),
            native: None,
            exemplars: &[],
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
        let counts = histogram.inner.buckets.iter();
        assert!(counts.map(|count| count.load(Relaxed)).eq([2, 2, 2]));
        assert_eq!(histogram.count(), 6);
        histogram.observe(f64::NAN);
        assert_eq!(histogram.count(), 7);
        assert!(histogram.sum().is_nan());
    }
}
