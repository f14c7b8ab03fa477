//! Numbers that are counted without a lock: each recorder has parts of its own, which nobody else
//! writes, and a scrape sums them.
//!
//! A part is counted with plain loads and stores, so two recorders must never write one. That is why
//! the right to write is an [`Own`]: it cannot be cloned, and it lives in a [`Shard`](super::shard::Shard),
//! which is in the hands of one recorder or idle in the store.

use std::{
    iter,
    sync::{Arc, OnceLock},
};

use crate::exposition::Timestamp;

/// One label set, and the parts that the recorders have of its numbers.
#[derive(Debug)]
pub(crate) struct Sharded<T> {
    /// `method="GET",host="…",path="…",code="200"`, written once.
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

    /// When it began to count.
    pub(crate) fn created(&self) -> Timestamp {
        self.created
    }

    /// What each recorder has counted.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &T> {
        let first = self.first.get();
        iter::successors(first, |part| part.next.get()).map(|part| &part.numbers)
    }

    /// Adds a part, for whom it is made to write.
    pub(super) fn add_part(&self, numbers: T) -> Own<T> {
        let mut new = Arc::new(Part {
            numbers,
            next: OnceLock::new(),
        });
        let own = Own(Arc::clone(&new));
        let mut place = &self.first;
        // There are as many as recorders have lived at once.
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
    /// For the methods that write.
    #[inline(always)]
    pub(super) fn numbers(&self) -> &T {
        &self.0.numbers
    }
}
