//! Guards that count what is in progress.

use prometheus_client::metrics::gauge::{Atomic, Gauge};

/// A [`Gauge`] of any number type, which an [`InProgress`] guard can use. This trait cannot be implemented outside
/// this crate.
pub trait UpDown: sealed::UpDown {
    /// Adds 1.
    fn up(&self);
    /// Subtracts 1.
    fn down(&self);
}

mod sealed {
    pub trait UpDown {}
}

impl<N, A: Atomic<N>> sealed::UpDown for Gauge<N, A> {}

impl<N, A: Atomic<N>> UpDown for Gauge<N, A> {
    fn up(&self) {
        self.inc();
    }

    fn down(&self) {
        self.dec();
    }
}

/// Guards for gauges. For families, use [`Family::in_progress`](crate::Family::in_progress).
pub trait GaugeExt: UpDown + Clone {
    /// Adds 1 now, and subtracts it when the guard is dropped: at the end of the block, on an early
    /// return, on `?`, and on a panic.
    ///
    /// ```
    /// use gds_metrics::{Gauge, GaugeExt};
    ///
    /// let jobs_running: Gauge = Gauge::default();
    /// {
    ///     let _running = jobs_running.in_progress();
    ///     assert_eq!(jobs_running.get(), 1);
    /// }
    /// assert_eq!(jobs_running.get(), 0);
    /// ```
    fn in_progress(&self) -> InProgress<Self> {
        InProgress::begin(self.clone())
    }
}

impl<M: UpDown + Clone> GaugeExt for M {}

/// A guard that subtracts 1 from its gauge when it is dropped.
#[derive(Debug)]
#[must_use = "a guard that is not bound to a name (`let _running = …`) is dropped at once"]
pub struct InProgress<M: UpDown> {
    gauge: M,
}

impl<M: UpDown> InProgress<M> {
    pub(super) fn begin(gauge: M) -> Self {
        gauge.up();
        Self { gauge }
    }
}

impl<M: UpDown> Drop for InProgress<M> {
    fn drop(&mut self) {
        self.gauge.down();
    }
}
