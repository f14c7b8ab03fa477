//! The exemplars of a histogram's buckets.

use std::sync::OnceLock;

use super::{Slot, TraceContext};
use crate::exposition::{Exemplar, Number, Timestamp};

/// A slot for each bucket. The slots are made when the first exemplar comes.
#[derive(Debug, Default)]
pub(crate) struct Exemplars(OnceLock<Box<[Slot]>>);

impl Exemplars {
    /// Whether an exemplar of this bucket would be taken now: what is worth looking for one.
    pub(crate) fn is_due(&self, bucket: usize, now: Timestamp) -> bool {
        let slot = self.0.get().and_then(|slots| slots.get(bucket));
        slot.is_none_or(|slot| slot.is_due(now))
    }

    /// Keeps an exemplar of one of the `buckets`, unless there is one that is less than a second old.
    pub(crate) fn keep(
        &self,
        bucket: usize,
        buckets: usize,
        trace: &TraceContext,
        value: u64,
        now: Timestamp,
    ) {
        if !trace.is_valid() {
            return;
        }
        let slots = self.0.get_or_init(|| {
            let slots = (0..buckets).map(|_| Slot::default());
            slots.collect()
        });
        if let Some(slot) = slots.get(bucket)
            && slot.is_due(now)
        {
            slot.put(trace, value, now);
        }
    }

    /// The exemplars that are not too old, as they are written. `number`: what the value is that was
    /// kept.
    pub(crate) fn read(&self, number: impl Fn(u64) -> Number) -> Written {
        let Some(slots) = self.0.get() else {
            return Written(Vec::new());
        };
        let now = Timestamp::now();
        let written = slots.iter().map(|slot| {
            let kept = slot.get(now)?;
            let mut labels = String::new();
            kept.trace.push_labels(&mut labels);
            Some((labels, number(kept.value), kept.time))
        });
        Written(written.collect())
    }
}

/// Exemplars of buckets with their labels as text; none of any bucket, or one place for each.
#[derive(Debug)]
pub(crate) struct Written(Vec<Option<(String, Number, Timestamp)>>);

impl Written {
    pub(crate) fn exemplars(&self) -> Vec<Option<Exemplar<'_>>> {
        let exemplars = self.0.iter().map(|written| {
            let (labels, value, time) = written.as_ref()?;
            Some(Exemplar {
                labels,
                value: *value,
                time: Some(*time),
            })
        });
        exemplars.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: TraceContext = TraceContext::new([1; 16], [2; 8]);

    #[test]
    fn slots_are_made_for_the_first_exemplar() {
        let exemplars = Exemplars::default();
        let now = Timestamp::now();
        assert!(exemplars.is_due(0, now));
        assert!(exemplars.read(Number::Unsigned).0.is_empty());
        exemplars.keep(1, 3, &TraceContext::new([0; 16], [1; 8]), 7, now);
        assert!(exemplars.0.get().is_none(), "invalid");

        exemplars.keep(1, 3, &TRACE, 7, now);
        exemplars.keep(1, 3, &TRACE, 8, now);
        exemplars.keep(3, 3, &TRACE, 9, now);
        assert!(!exemplars.is_due(1, now));
        assert!(exemplars.is_due(0, now));
        let written = exemplars.read(Number::Unsigned);
        let [None, Some(exemplar), None] = written.exemplars()[..] else {
            panic!("{written:?}");
        };
        assert_eq!(exemplar.value, Number::Unsigned(7));
        assert_eq!(exemplar.time, Some(now));
    }
}
