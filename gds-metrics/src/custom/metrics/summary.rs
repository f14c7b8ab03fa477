//! A summary without quantiles, like the Python client's.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    custom::metric::{
        Exposed, FamilyMember, Metric, NamedMetric, NoLabels, Options, sealed, single,
    },
    exposition::{self, MetricKind, Timestamp, Writer},
};

/// Sums and counts observations: `<name>_sum` and `<name>_count`.
///
/// A summary has 2 series, and a histogram with the default buckets has 17. A summary is enough for averages and
/// rates, but not for quantiles. A clone shares the counts of the original.
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
    // A lock, so that the sum and the count of a scrape belong together.
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    sum: f64,
    count: u64,
}

impl Summary {
    /// Adds `value`, in the metric's unit, to the sum and 1 to the count.
    ///
    /// Do not observe negative values: they decrease the sum, which `rate()` takes for a restart.
    pub fn observe(&self, value: f64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.sum += value;
        state.count += 1;
    }

    /// The sum of the observed values.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.state().sum
    }

    /// The number of observed values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.state().count
    }

    /// The sum and the count, read together.
    pub(crate) fn sum_and_count(&self) -> (f64, u64) {
        let State { sum, count } = self.state();
        (sum, count)
    }

    fn state(&self) -> State {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Metric for Summary {
    const KIND: MetricKind = MetricKind::Summary;
}

impl NamedMetric for Summary {}

impl FamilyMember for Summary {}

impl sealed::Metric for Summary {
    type Labels = NoLabels;

    fn make(_: &Options) -> Self {
        Self::default()
    }

    fn exposed(&self, options: &Options) -> Box<dyn Exposed> {
        single(self, options)
    }
}

impl sealed::Member for Summary {
    fn write(&self, writer: &mut dyn Writer, labels: &str, start: Timestamp) {
        let State { sum, count } = self.state();
        let summary = exposition::Summary {
            sum,
            count,
            start: Some(start),
        };
        writer.summary(labels, &summary);
    }
}
