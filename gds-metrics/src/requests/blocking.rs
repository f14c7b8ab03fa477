//! Polls that hold their worker for long, by route.
//!
//! They are rare, and whoever counts one has held the worker for a millisecond at least: a lock that
//! all workers share costs nothing beside that.

use std::{collections::HashMap, sync::Mutex, time::Duration};

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
    /// The next poll begins where the request did: its first one follows the call at once.
    FromStart,
    /// Each poll begins where it begins.
    EachPoll,
}

/// The long polls of each route.
#[derive(Debug)]
pub(super) struct Blocking {
    /// The longest time that a poll may hold the worker without being counted.
    limit: Duration,
    max_paths: usize,
    paths: Mutex<HashMap<PathId, LongPolls, RandomState>>,
}

/// How many long polls a route had, and how long they were together.
#[derive(Clone, Copy, Debug)]
pub(super) struct LongPolls {
    pub(super) polls: u64,
    pub(super) nanos: u64,
    pub(super) created: Timestamp,
}

impl Blocking {
    pub(super) fn new(limit: Duration, max_paths: usize) -> Self {
        Self {
            limit,
            max_paths,
            paths: Mutex::default(),
        }
    }

    pub(super) fn is_long(&self, held: Duration) -> bool {
        held > self.limit
    }

    /// Makes the numbers of a path, and gives the path under which they are.
    ///
    /// They begin at 0 before the first long poll: a counter that is born at 1 never shows in
    /// `increase()`.
    pub(super) fn add(&self, path: PathId) -> PathId {
        let mut paths = lock(&self.paths);
        // The one that is folded into takes no place.
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

    /// Counts a long poll. Gives the path under which it is counted, if it is the first there.
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

    /// The numbers of all paths, in no order.
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
        assert!(blocking.is_long(held));
        assert!(!blocking.is_long(Duration::from_millis(10)));

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
