//! A summary without quantiles, as the Python client's.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::{MetricType, TypedMetric},
};

/// Sums and counts observations: `<name>_sum` and `<name>_count`.
///
/// It costs two series where a histogram of the default buckets costs seventeen, and tells the average
/// and the rate, but no quantiles. A clone is the same summary.
///
/// ```
/// use gds_metrics::Summary;
///
/// let upload = Summary::default();
/// upload.observe(120.0);
/// upload.observe(80.0);
/// assert_eq!((upload.sum(), upload.count()), (200.0, 2));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Summary {
    // A lock, so that a scrape never sees the sum of one moment with the count of another.
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    sum: f64,
    count: u64,
}

impl Summary {
    /// Adds `value` to the sum and 1 to the count.
    ///
    /// `value` is in the metric's unit. A negative value makes the sum go down, which `rate()` takes
    /// for a restart: measure things that are not negative.
    pub fn observe(&self, value: f64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.sum += value;
        state.count += 1;
    }

    /// The sum of the values observed so far.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.state().sum
    }

    /// The number of values observed so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.state().count
    }

    fn state(&self) -> State {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TypedMetric for Summary {}

impl EncodeMetric for Summary {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        // prometheus-client knows no summaries; a histogram without buckets has their samples.
        let State { sum, count } = self.state();
        encoder.encode_histogram::<NoLabelSet>(sum, count, &[], None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}
