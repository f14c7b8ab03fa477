//! Lists that only grow, so that workers can cache their entries.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{
            AtomicUsize,
            Ordering::{Acquire, Release},
        },
    },
};

use foldhash::fast::RandomState;

use super::labels::FOLDED;

pub(super) type Map<K, V> = HashMap<K, V, RandomState>;

/// Names, numbered in order of arrival.
#[derive(Debug, Default)]
pub(super) struct Numbered {
    pub(super) list: Vec<Arc<str>>,
    pub(super) ids: Map<Arc<str>, usize>,
}

impl Numbered {
    pub(super) fn intern(&mut self, name: &str) -> usize {
        if let Some(&id) = self.ids.get(name) {
            return id;
        }
        let id = self.list.len();
        let name: Arc<str> = name.into();
        self.list.push(Arc::clone(&name));
        self.ids.insert(name, id);
        id
    }

    pub(super) fn get(&self, id: usize) -> &str {
        self.list.get(id).map_or(FOLDED, |name| name)
    }
}

/// A list that only grows. Its length can be read without the lock.
#[derive(Debug)]
pub(super) struct AppendOnly<T> {
    entries: Mutex<Vec<T>>,
    len: AtomicUsize,
}

impl<T> AppendOnly<T> {
    pub(super) fn new() -> Self {
        Self {
            entries: Mutex::new(Vec::new()),
            len: AtomicUsize::new(0),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        lock(&self.entries)
    }

    pub(super) fn len(&self) -> usize {
        self.len.load(Acquire)
    }

    pub(super) fn push(&self, entries: &mut MutexGuard<'_, Vec<T>>, entry: T) {
        entries.push(entry);
        self.len.store(entries.len(), Release);
    }
}

/// Ignores poisoning: a panic while one of these locks is held leaves no inconsistent state.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{sync::Barrier, thread};

    use super::*;

    /// Several threads add missing entries, as workers do, while one thread reads lengths and
    /// entries: a length is never ahead of the entries, no entry is added twice, and no entry
    /// moves.
    #[test]
    fn a_length_is_never_ahead_of_the_entries() {
        const THREADS: usize = 4;
        const ENTRIES: usize = 2_000;
        let list = AppendOnly::new();
        let start = Barrier::new(THREADS + 1);
        let add = |entry: usize, seen: usize| {
            let mut entries = list.lock();
            if !entries.iter().skip(seen).any(|other| *other == entry) {
                list.push(&mut entries, entry);
            }
        };
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    start.wait();
                    let mut known = Vec::new();
                    for entry in 0..ENTRIES {
                        while !known.contains(&entry) {
                            let seen = known.len();
                            if seen == list.len() {
                                add(entry, seen);
                            }
                            known.extend(list.lock().iter().skip(seen));
                        }
                    }
                });
            }
            start.wait();
            let mut before: Vec<usize> = Vec::new();
            while before.len() < ENTRIES {
                let len = list.len();
                let now = list.lock().clone();
                assert!(
                    now.len() >= len,
                    "{} entries, but {len} in length",
                    now.len()
                );
                assert!(now.starts_with(&before), "an entry has moved");
                assert!(len >= before.len(), "the length went down");
                before = now;
            }
        });
        let entries = list.lock().clone();
        assert!(entries.iter().copied().eq(0..ENTRIES), "{entries:?}");
        assert_eq!(list.len(), ENTRIES);
    }
}
