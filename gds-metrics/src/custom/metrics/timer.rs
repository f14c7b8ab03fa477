//! Timers that observe on drop.

use std::time::{Duration, Instant};

use super::{Histogram, Summary};

/// A metric that a [`Timer`] can use: [`Histogram`] or [`Summary`]. This trait cannot be implemented outside this
/// crate.
pub trait Observe: sealed::Observe {
    /// Observes a duration, in seconds.
    fn observe_duration(&self, duration: Duration);
}

impl Observe for Histogram {
    fn observe_duration(&self, duration: Duration) {
        self.observe(duration.as_secs_f64());
    }
}

impl Observe for Summary {
    fn observe_duration(&self, duration: Duration) {
        self.observe(duration.as_secs_f64());
    }
}

mod sealed {
    pub trait Observe {}
}

impl sealed::Observe for Histogram {}
impl sealed::Observe for Summary {}

macro_rules! start_timer {
    ($($metric:ident),+) => {$(
        impl $metric {
            /// Starts a timer. When it is dropped, the metric observes the seconds since the start: at the
            /// end of the block, on an early return, on `?`, and on a panic.
            ///
            /// ```
            /// use gds_metrics::Summary;
            ///
            /// let render_duration = Summary::default();
            /// {
            ///     let _timer = render_duration.start_timer();
            ///     // … render the page …
            /// }
            /// assert_eq!(render_duration.count(), 1);
            /// ```
            pub fn start_timer(&self) -> Timer<Self> {
                Timer::start(self.clone())
            }
        }
    )+};
}

start_timer!(Histogram, Summary);

/// A running timer. When it is dropped, its metric observes the seconds since the start.
#[derive(Debug)]
#[must_use = "a timer that is not bound to a name (`let _timer = …`) stops at once"]
pub struct Timer<M: Observe> {
    /// `None` if the timer is stopped or discarded.
    metric: Option<M>,
    started: Instant,
}

impl<M: Observe> Timer<M> {
    pub(super) fn start(metric: M) -> Self {
        Self {
            metric: Some(metric),
            started: Instant::now(),
        }
    }

    /// Stops the timer now, and returns the observed duration.
    ///
    /// ```
    /// # use gds_metrics::Summary;
    /// # let summary = Summary::default();
    /// let timer = summary.start_timer();
    /// let elapsed = timer.stop();
    /// assert_eq!(summary.sum(), elapsed.as_secs_f64());
    /// ```
    pub fn stop(mut self) -> Duration {
        self.observe()
    }

    /// Stops the timer without an observation.
    pub fn discard(mut self) {
        self.metric = None;
    }

    /// Continues the timer for another metric.
    pub(super) fn report_to(mut self, metric: M) -> Self {
        self.metric = Some(metric);
        self
    }

    fn observe(&mut self) -> Duration {
        let elapsed = self.started.elapsed();
        if let Some(metric) = self.metric.take() {
            metric.observe_duration(elapsed);
        }
        elapsed
    }
}

impl<M: Observe> Drop for Timer<M> {
    fn drop(&mut self) {
        self.observe();
    }
}
