//! Numbers that are counted without a lock: each recorder writes parts of its own, and a scrape
//! adds them up.
//!
//! A part is updated with plain loads and stores, so two recorders must never write the same part.
//! Therefore the right to write is an [`Own`]: it cannot be cloned, and it lives in a
//! [`Shard`](super::shard::Shard), which either belongs to one recorder or is idle in the store.

use std::{
    iter,
    sync::{Arc, OnceLock},
};

use crate::exposition::Timestamp;

/// A label set, and the parts of its numbers, one for each recorder.
#[derive(Debug)]
pub(crate) struct Sharded<T> {
    /// `method="GET",host="…",path="…",code="200"`, formatted once.
    labels: Box<str>,
    created: Timestamp,
    first: OnceLock<Arc<Part<T>>>,
}

#[derive(Debug)]
struct Part<T> {
    numbers: T,
    next: OnceLock<Arc<Part<T>>>,
}

impl<T> Sharded<T> {
    pub(super) fn new(labels: Box<str>) -> Self {
        Self {
            labels,
            created: Timestamp::now(),
            first: OnceLock::new(),
        }
    }

    pub(crate) fn labels(&self) -> &str {
        &self.labels
    }

    /// When the counting started.
    pub(crate) fn created(&self) -> Timestamp {
        self.created
    }

    /// What each recorder has counted.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &T> {
        let first = self.first.get();
        iter::successors(first, |part| part.next.get()).map(|part| &part.numbers)
    }

    /// Adds a part, and returns the right to write it.
    pub(super) fn add_part(&self, numbers: T) -> Own<T> {
        let mut new = Arc::new(Part {
            numbers,
            next: OnceLock::new(),
        });
        let own = Own(Arc::clone(&new));
        let mut place = &self.first;
        // The list is as long as the number of recorders that have existed at the same time.
        while let Err(refused) = place.set(new) {
            new = refused;
            match place.get() {
                Some(part) => place = &part.next,
                None => break,
            }
        }
        own
    }
}

/// The right to write a part.
#[derive(Debug)]
pub(super) struct Own<T>(Arc<Part<T>>);

impl<T> Own<T> {
    /// Used by the methods that write.
    #[inline(always)]
    pub(super) fn numbers(&self) -> &T {
        &self.0.numbers
    }
}
