//! A slot for one exemplar, without a lock.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
    fence,
};

use super::TraceContext;
use crate::exposition::Timestamp;

const SECOND: u64 = 1_000_000_000;
/// An exemplar is not replaced before it has this age. This limits the cost for a busy bucket.
const RENEWED: u64 = SECOND;
/// An exemplar that is older than this is no longer exposed.
const KEPT: u64 = 70 * SECOND;

/// The last exemplar of a bucket, protected by a sequence number (a seqlock).
///
/// The number is even while no writer is active. A writer makes it odd. Other writers then return without
/// writing, because the first writer's exemplar is as good as theirs. If a reader finds the same even number
/// before and after reading, all values are from one writer.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    sequence: AtomicU64,
    trace_id: [AtomicU64; 2],
    span_id: AtomicU64,
    value: AtomicU64,
    /// In nanoseconds since the Unix epoch. 0: no exemplar yet.
    time: AtomicU64,
}

/// The contents of a slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) trace: TraceContext,
    /// As stored: nanoseconds, bytes, or the bits of a float.
    pub(crate) value: u64,
    pub(crate) time: Timestamp,
}

impl Slot {
    /// Whether a new exemplar would be stored now. Callers check this before they look for a trace.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        let time = self.time.load(Relaxed);
        // If the clock was set back, the age is unknown.
        now.as_nanos()
            .checked_sub(time)
            .is_none_or(|age| age >= RENEWED)
    }

    /// Replaces the exemplar.
    pub(crate) fn put(&self, trace: &TraceContext, value: u64, now: Timestamp) {
        if !trace.is_valid() {
            return;
        }
        let before = self.sequence.load(Relaxed);
        let odd = before.wrapping_add(1);
        if !before.is_multiple_of(2)
            || self
                .sequence
                .compare_exchange(before, odd, Acquire, Relaxed)
                .is_err()
        {
            return;
        }
        // A thread that sees one of these stores also sees the odd number.
        fence(Release);
        let trace_id = u128::from_be_bytes(trace.trace_id);
        let halves = [trace_id >> 64, trace_id & u128::from(u64::MAX)];
        for (half, cell) in halves.into_iter().zip(&self.trace_id) {
            cell.store(u64::try_from(half).unwrap_or_default(), Relaxed);
        }
        self.span_id
            .store(u64::from_be_bytes(trace.span_id), Relaxed);
        self.value.store(value, Relaxed);
        self.time.store(now.as_nanos(), Relaxed);
        self.sequence.store(odd.wrapping_add(1), Release);
    }

    /// The exemplar. `None` if it is too old, or if writers replace it during each attempt to read.
    pub(crate) fn get(&self, now: Timestamp) -> Option<Kept> {
        const TRIES: usize = 8;
        let kept = (0..TRIES).find_map(|_| self.try_get())?;
        let time = kept.time.as_nanos();
        // If the clock was set back, the time can be in the future. It then counts as equally old.
        (time > 0 && now.as_nanos().abs_diff(time) <= KEPT).then_some(kept)
    }

    fn try_get(&self) -> Option<Kept> {
        let before = self.sequence.load(Acquire);
        let [high, low] = &self.trace_id;
        let trace_id = u128::from(high.load(Relaxed)) << 64 | u128::from(low.load(Relaxed));
        let kept = Kept {
            trace: TraceContext::new(
                trace_id.to_be_bytes(),
                self.span_id.load(Relaxed).to_be_bytes(),
            ),
            value: self.value.load(Relaxed),
            time: Timestamp::from_nanos(self.time.load(Relaxed)),
        };
        // If one of these values is from a later writer, the load below sees that writer's odd number.
        fence(Acquire);
        (before.is_multiple_of(2) && self.sequence.load(Relaxed) == before).then_some(kept)
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::atomic::AtomicBool, thread};

    use super::*;

    fn at(nanos: u64) -> Timestamp {
        Timestamp::from_nanos(nanos)
    }

    fn trace(number: u64) -> TraceContext {
        let twice = u128::from(number) << 64 | u128::from(number);
        TraceContext::new(twice.to_be_bytes(), number.to_be_bytes())
    }

    #[test]
    fn an_exemplar_ages() {
        const START: u64 = 1_700_000_000 * SECOND;
        let slot = Slot::default();
        assert!(slot.is_due(at(START)));
        assert_eq!(slot.get(at(START)), None);
        slot.put(&TraceContext::new([0; 16], [1; 8]), 5, at(START));
        assert_eq!(slot.get(at(START)), None, "invalid");

        slot.put(&trace(7), 5, at(START));
        let kept = Kept {
            trace: trace(7),
            value: 5,
            time: at(START),
        };
        for (age, due, written) in [
            (0, false, true),
            (SECOND - 1, false, true),
            (SECOND, true, true),
            (70 * SECOND, true, true),
            (70 * SECOND + 1, true, false),
        ] {
            assert_eq!(slot.is_due(at(START + age)), due, "{age}");
            assert_eq!(slot.get(at(START + age)), written.then_some(kept), "{age}");
        }
        for (back, written) in [(1, true), (70 * SECOND, true), (70 * SECOND + 1, false)] {
            let now = at(START - back);
            assert!(slot.is_due(now), "the clock was set back by {back} ns");
            assert_eq!(slot.get(now), written.then_some(kept), "{back}");
        }
        slot.put(&trace(8), 6, at(START + SECOND));
        assert_eq!(slot.get(at(START + SECOND)).map(|kept| kept.value), Some(6));
    }

    /// Runs the steps of a writer one by one. A reader must return nothing after each of them.
    #[test]
    fn a_reader_during_a_write_reads_nothing() {
        let slot = Slot::default();
        slot.put(&trace(1), 1, at(1));
        let steps: [fn(&Slot); 6] = [
            |slot| slot.sequence.store(3, Relaxed),
            |slot| slot.trace_id[0].store(2, Relaxed),
            |slot| slot.trace_id[1].store(2, Relaxed),
            |slot| slot.span_id.store(2, Relaxed),
            |slot| slot.value.store(2, Relaxed),
            |slot| slot.time.store(2, Relaxed),
        ];
        for step in steps {
            step(&slot);
            assert_eq!(slot.get(at(2)), None);
            // A second writer returns without writing.
            slot.put(&trace(3), 3, at(3));
            assert_eq!(slot.sequence.load(Relaxed), 3);
        }
        slot.sequence.store(4, Release);
        assert_eq!(slot.get(at(2)).map(|kept| kept.trace), Some(trace(2)));
    }

    #[test]
    fn no_exemplar_mixes_two_writes() {
        const READS: usize = 200_000;
        let slot = Slot::default();
        let done = AtomicBool::new(false);
        let (slot, done) = (&slot, &done);
        thread::scope(|scope| {
            for writer in 1..=3_u64 {
                scope.spawn(move || {
                    let mut number = writer;
                    while !done.load(Relaxed) {
                        slot.put(&trace(number), number, at(number));
                        number += 3;
                    }
                });
            }
            let mut found = 0;
            for _ in 0..READS {
                if let Some(kept) = slot.get(at(0)) {
                    let number = kept.value;
                    assert_eq!(kept.trace, trace(number));
                    assert_eq!(kept.time, at(number));
                    found += 1;
                }
            }
            done.store(true, Relaxed);
            assert!(found > 0);
        });
    }
}
