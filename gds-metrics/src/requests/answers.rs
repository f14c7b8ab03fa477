//! A worker's cache of recorded responses: one look-up maps a match, a request's head, a host and a
//! code to a series.
//!
//! An answer stays valid for the life of the worker. The numbers of series and paths never change,
//! and a label that was folded once is always folded, because the caps only fill up.

use super::{
    cached_map::Digest as _,
    hosts::HostLabel,
    keys::{Fold, Head, HostId, Key, NO_ENDPOINT_ID, SeriesId},
    shape::{Matched, ShapeKey},
};

/// Replaces the number of a host beyond the cap. No host has this number.
const BEYOND: HostId = HostId::MAX;

/// The initial size of the table, allocated with the first answer.
const FEWEST_SLOTS: usize = 64;
/// The maximum number of slots: 128 KiB for each worker. At most half of them are used, so that
/// each search ends; beyond that, the table is cleared.
const MOST_SLOTS: usize = 2048;

/// A table with open addressing that is at least half empty.
#[derive(Debug, Default)]
pub(super) struct Answers {
    slots: Box<[Option<Answer>]>,
    used: usize,
}

/// The series and labels that a response is recorded under.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    key: AnswerKey,
    pub(super) series: SeriesId,
    /// The number of the shape that the match must have, in [`Routes`](super::routes::Routes).
    pub(super) shape: u32,
    pub(super) fold: Fold,
}

/// A shape, a method, a host and a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AnswerKey {
    shape: ShapeKey,
    /// Without a path.
    labels: Key,
}

impl AnswerKey {
    /// `None` if the host has no number yet.
    #[inline(always)]
    pub(super) fn new(
        matched: &Matched<'_>,
        head: Head,
        host: &HostLabel,
        code: u16,
    ) -> Option<Self> {
        let host = match host {
            HostLabel::Known(id) => *id,
            HostLabel::Beyond => BEYOND,
            HostLabel::Unseen(_) => return None,
        };
        Some(Self {
            shape: matched.key,
            labels: Key::new(head, host, NO_ENDPOINT_ID, code),
        })
    }

    #[inline(always)]
    fn digest(&self) -> u64 {
        /// 2⁶⁴ divided by the golden ratio, as in Fibonacci hashing.
        const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
        (self.shape.digest() ^ self.labels.digest()).wrapping_mul(FACTOR)
    }
}

impl Answer {
    pub(super) fn new(key: AnswerKey, series: SeriesId, shape: u32, fold: Fold) -> Self {
        Self {
            key,
            series,
            shape,
            fold,
        }
    }
}

impl Answers {
    #[inline(always)]
    pub(super) fn get(&self, key: &AnswerKey) -> Option<&Answer> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut slot = first_slot(key, mask);
        loop {
            match self.slots.get(slot)? {
                Some(answer) if answer.key == *key => return Some(answer),
                Some(_) => slot = (slot + 1) & mask,
                None => return None,
            }
        }
    }

    /// Inserts an answer that is not in the table yet.
    #[cold]
    pub(super) fn insert(&mut self, answer: Answer) {
        if self.used * 2 >= self.slots.len() {
            if self.slots.len() < MOST_SLOTS {
                self.grow();
            } else {
                self.slots.fill(None);
                self.used = 0;
            }
        }
        self.put(answer);
    }

    fn grow(&mut self) {
        let len = (self.slots.len() * 2).max(FEWEST_SLOTS);
        let before = std::mem::replace(&mut self.slots, vec![None; len].into());
        self.used = 0;
        for answer in before.into_iter().flatten() {
            self.put(answer);
        }
    }

    fn put(&mut self, answer: Answer) {
        let mask = self.slots.len() - 1;
        let mut slot = first_slot(&answer.key, mask);
        while let Some(place) = self.slots.get_mut(slot) {
            if place.is_none() {
                *place = Some(answer);
                self.used += 1;
                return;
            }
            slot = (slot + 1) & mask;
        }
    }
}

#[inline(always)]
fn first_slot(key: &AnswerKey, mask: usize) -> usize {
    // The upper bits of the product depend on all bits of the digest.
    (key.digest() >> 32) as usize & mask
}

#[cfg(test)]
mod tests {
    use actix_web::dev::{Path, Url};

    use super::*;
    use crate::requests::labels::Method;

    /// A path as it is after routing.
    fn processed(text: &str) -> Path<Url> {
        let mut path = Path::new(Url::new(text.parse().expect("a path")));
        path.skip(text.len().try_into().expect("a short path"));
        path
    }

    fn answer(path: &Path<Url>, code: u16, series: SeriesId) -> Answer {
        let matched = Matched::of_other(path).expect("a match");
        let key = AnswerKey::new(&matched, Method::Get.into(), &HostLabel::Known(7), code);
        Answer::new(key.expect("a host with a number"), series, 0, Fold::Nothing)
    }

    #[test]
    fn each_answer_is_found_until_the_table_is_full() {
        let path = processed("/");
        let mut answers = Answers::default();
        let all: Vec<_> = (0..1000).map(|i| answer(&path, i, i.into())).collect();
        for each in &all {
            assert!(answers.get(&each.key).is_none());
            answers.insert(*each);
        }
        for each in &all {
            let found = answers.get(&each.key).map(|found| found.series);
            assert_eq!(found, Some(each.series));
        }
        assert!(answers.slots.len() <= MOST_SLOTS);
    }

    #[test]
    fn the_largest_table_has_the_documented_size() {
        assert_eq!(size_of::<Option<Answer>>() * MOST_SLOTS, 128 << 10);
    }

    #[test]
    fn a_full_table_is_cleared() {
        let mut answers = Answers::default();
        for i in 0..5000 {
            let path = processed(&format!("/{i}"));
            let each = answer(&path, 200, i);
            answers.insert(each);
            let found = answers.get(&each.key).map(|found| found.series);
            assert_eq!(found, Some(i));
            assert!(answers.used * 2 <= MOST_SLOTS, "a search would not end");
        }
        assert_eq!(answers.slots.len(), MOST_SLOTS);
    }

    #[test]
    fn hosts_and_heads_are_distinguished() {
        let path = processed("/");
        let matched = Matched::of_other(&path).expect("a match");
        let key = |method: Method, host| AnswerKey::new(&matched, method.into(), &host, 200);
        let known = |id| HostLabel::Known(id);
        assert_eq!(key(Method::Get, known(1)), key(Method::Get, known(1)));
        assert_ne!(key(Method::Get, known(1)), key(Method::Get, known(2)));
        assert_ne!(key(Method::Get, known(1)), key(Method::Put, known(1)));
        assert_ne!(
            key(Method::Get, known(1)),
            key(Method::Get, HostLabel::Beyond)
        );
        let https = AnswerKey::new(
            &matched,
            Head::from(Method::Get).with(true, 0),
            &known(1),
            200,
        );
        assert_ne!(key(Method::Get, known(1)), https);
        assert!(key(Method::Get, HostLabel::Unseen([1].into())).is_none());
    }
}
