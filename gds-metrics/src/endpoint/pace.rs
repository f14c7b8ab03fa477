//! How far a thread is with an exposition, and when it lets others on.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// Where a thread is with the exposition that it writes.
#[derive(Debug, Default)]
pub(super) struct Progress(Mutex<Step>);

#[derive(Debug, Default)]
struct Step {
    /// The family that was begun last.
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

/// Whether to let workers on after each chunk. Where there are no more processors than those, the
/// system would hold one up for some milliseconds at each scrape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace<'p> {
    /// Of a thread of its own. A worker is not to wait for others.
    progress: Option<&'p Progress>,
    /// With more threads than processors, to give way takes some milliseconds.
    until: Instant,
}

/// How long a scrape may give way.
const PATIENCE: Duration = Duration::from_millis(250);

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
