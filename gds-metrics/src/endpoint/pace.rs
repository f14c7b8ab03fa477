//! The progress of a thread with an exposition, and when it yields.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// The progress of a thread with its exposition.
#[derive(Debug, Default)]
pub(super) struct Progress(Mutex<Step>);

#[derive(Debug, Default)]
struct Step {
    /// The family that was started last.
    family: String,
    /// When something was written last; `None` between two scrapes.
    at: Option<Instant>,
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, Step> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin(&self) {
        let mut step = self.lock();
        step.family.clear();
        step.at = Some(Instant::now());
    }

    pub(super) fn end(&self) {
        self.lock().at = None;
    }

    pub(super) fn family(&self, name: &str) {
        let mut step = self.lock();
        step.family.clear();
        step.family.push_str(name);
        step.at = Some(Instant::now());
    }

    pub(super) fn goes_on(&self) {
        self.lock().at = Some(Instant::now());
    }

    pub(super) fn last_family(&self) -> String {
        self.lock().family.clone()
    }

    pub(super) fn stands_still_for(&self, limit: Duration) -> bool {
        self.lock().at.is_some_and(|at| at.elapsed() >= limit)
    }
}

/// Whether to yield after each chunk. Without yielding, a scrape would delay a worker by some
/// milliseconds if workers keep all processors busy: with scrapes back to back, the 99th percentile
/// of an app's route was 10 times that without scrapes, and is about 1.5 times with yielding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace<'p> {
    /// `None` on a worker, which does not yield.
    progress: Option<&'p Progress>,
    /// When to stop yielding: with more threads than processors, a yield takes some milliseconds.
    until: Instant,
}

/// The maximum time for which a scrape yields.
const PATIENCE: Duration = Duration::from_secs(2);

impl<'p> Pace<'p> {
    pub(super) fn new(progress: Option<&'p Progress>) -> Self {
        Self {
            progress,
            until: Instant::now() + PATIENCE,
        }
    }

    pub(super) fn give_way(self) {
        if let Some(progress) = self.progress {
            progress.goes_on();
            if Instant::now() < self.until {
                thread::yield_now();
            }
        }
    }

    pub(super) fn family(self, name: &str) {
        if let Some(progress) = self.progress {
            progress.family(name);
        }
    }
}
