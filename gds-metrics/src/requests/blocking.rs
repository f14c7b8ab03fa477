//! Counts polls that block their worker for long, by route.
//!
//! Long polls are rare, and each has blocked its worker for at least a millisecond. The cost of a
//! lock that all workers share is negligible compared with that.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use actix_web::http::Version;
use foldhash::fast::RandomState;

use super::{
    append_only::lock,
    keys::{FOLDED_PATH_ID, PathId},
    nanos,
};
use crate::exposition::Timestamp;

/// How the polls of a request are timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timing {
    Off,
    /// The first poll directly follows the call, so the two are timed as one, from the start of the
    /// request.
    FromStart,
    /// The call is timed by itself: Actix polls an HTTP/2 request in its own task, which may have to
    /// wait for other tasks.
    Apart,
    /// Each poll has its own start time.
    EachPoll,
}

/// The long polls of each route.
#[derive(Debug)]
pub(super) struct Blocking {
    /// Polls that take longer than this are counted.
    pub(super) limit: Duration,
    max_paths: usize,
    paths: Mutex<HashMap<PathId, LongPolls, RandomState>>,
}

/// The number of long polls of a route, and their total duration.
#[derive(Clone, Copy, Debug)]
pub(super) struct LongPolls {
    pub(super) polls: u64,
    pub(super) nanos: u64,
    pub(super) created: Timestamp,
}

impl Timing {
    #[inline(always)]
    pub(super) fn of(blocking: Option<&Blocking>, version: Version) -> Self {
        match blocking {
            None => Self::Off,
            Some(_) if version >= Version::HTTP_2 => Self::Apart,
            Some(_) => Self::FromStart,
        }
    }
}

impl Blocking {
    pub(super) fn new(limit: Duration, max_paths: usize) -> Self {
        Self {
            limit,
            max_paths,
            paths: Mutex::default(),
        }
    }

    /// Whether a poll that began and ended at these instants was long.
    #[inline]
    pub(super) fn is_long(&self, began: Instant, now: Instant) -> bool {
        // Cheaper than subtracting the instants.
        let end = began.checked_add(self.limit);
        end.is_some_and(|end| now > end)
    }

    /// Creates the counters of a path, and returns the path that they belong to.
    ///
    /// The counters start at 0, before the first long poll: `increase()` misses the first increment
    /// of a counter that starts at 1.
    pub(super) fn add(&self, path: PathId) -> PathId {
        let mut paths = lock(&self.paths);
        // The path for folded requests does not count towards the cap.
        let path = if paths.contains_key(&path) || paths.len() < self.max_paths {
            path
        } else {
            FOLDED_PATH_ID
        };
        paths.entry(path).or_insert_with(|| LongPolls {
            polls: 0,
            nanos: 0,
            created: Timestamp::now(),
        });
        path
    }

    /// Counts a long poll. If it is the first of its path, returns the path that it is counted
    /// under.
    pub(super) fn count(&self, path: PathId, held: Duration) -> Option<PathId> {
        let path = self.add(path);
        let mut paths = lock(&self.paths);
        let counts = paths.get_mut(&path)?;
        counts.polls += 1;
        counts.nanos = counts.nanos.wrapping_add(nanos(held));
        (counts.polls == 1).then_some(path)
    }

    pub(super) fn len(&self) -> usize {
        lock(&self.paths).len()
    }

    /// The counters of all paths, in no particular order.
    pub(super) fn all(&self) -> Vec<(PathId, LongPolls)> {
        let paths = lock(&self.paths);
        paths
            .iter()
            .map(|(&path, &counts)| (path, counts))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_beyond_the_cap_are_folded() {
        let blocking = Blocking::new(Duration::from_millis(10), 2);
        let held = Duration::from_millis(11);
        let began = Instant::now();
        assert!(blocking.is_long(began, began + held));
        assert!(!blocking.is_long(began, began + Duration::from_millis(10)));

        assert_eq!(blocking.add(7), 7);
        assert_eq!(blocking.count(7, held), Some(7));
        assert_eq!(blocking.count(7, held), None);
        assert_eq!(blocking.count(8, held), Some(8));
        for path in 9..100 {
            let told = blocking.count(path, held);
            assert_eq!(told, (path == 9).then_some(FOLDED_PATH_ID), "{path}");
        }
        assert_eq!(blocking.count(8, held), None);

        let mut all = blocking.all();
        all.sort_by_key(|(path, _)| *path);
        let all: Vec<_> = all.iter().map(|(path, each)| (*path, each.polls)).collect();
        assert_eq!(all, [(FOLDED_PATH_ID, 91), (7, 2), (8, 2)]);
        let sum: u64 = blocking.all().iter().map(|(_, each)| each.nanos).sum();
        assert_eq!(sum, 95 * 11_000_000);
    }
}
