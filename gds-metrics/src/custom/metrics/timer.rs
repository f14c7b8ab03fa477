//! Timers that observe on drop.

use std::time::{Duration, Instant};

use prometheus_client::metrics::histogram::Histogram;

use super::Summary;

/// What a [`Timer`] can report to: [`Histogram`] and [`Summary`].
pub trait Observe {
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

/// Starts timers on histograms and summaries. For their families there is
/// [`FamilyExt`](crate::FamilyExt).
pub trait TimerExt: Observe + Clone {
    /// Starts a timer whose seconds are observed when it is dropped: at the end of the block, on an
    /// early return, on `?`, and on a panic.
    ///
    /// ```
    /// use gds_metrics::{Summary, TimerExt};
    ///
    /// let render_duration = Summary::default();
    /// {
    ///     let _timer = render_duration.start_timer();
    ///     // … render the page …
    /// }
    /// assert_eq!(render_duration.count(), 1);
    /// ```
    fn start_timer(&self) -> Timer<Self> {
        Timer {
            metric: Some(self.clone()),
            started: Instant::now(),
        }
    }
}

impl<M: Observe + Clone> TimerExt for M {}

/// A running timer. It observes the seconds since its start when it is dropped.
#[derive(Debug)]
#[must_use = "a timer that is not bound to a name (`let _timer = …`) stops at once"]
pub struct Timer<M: Observe> {
    /// `None`: nothing is left to observe.
    metric: Option<M>,
    started: Instant,
}

impl<M: Observe> Timer<M> {
    /// Stops it now, and tells what it observed.
    ///
    /// ```
    /// # use gds_metrics::{Summary, TimerExt};
    /// # let summary = Summary::default();
    /// let timer = summary.start_timer();
    /// let elapsed = timer.stop();
    /// assert_eq!(summary.sum(), elapsed.as_secs_f64());
    /// ```
    pub fn stop(mut self) -> Duration {
        self.observe()
    }

    /// Stops it without an observation, for work that should not count.
    pub fn discard(mut self) {
        self.metric = None;
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
