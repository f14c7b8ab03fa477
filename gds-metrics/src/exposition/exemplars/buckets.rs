//! The exemplars of a histogram's buckets.

use std::sync::OnceLock;

use super::{
    TraceContext,
    slot::{Kept, Slot},
};
use crate::exposition::{Exemplar, Number, Timestamp};

/// One slot for each bucket. The first exemplar allocates the slots.
#[derive(Debug, Default)]
pub(crate) struct Exemplars(OnceLock<Box<[Slot]>>);

impl Exemplars {
    /// Whether a new exemplar of this bucket would be stored now. Callers check this before they look for a
    /// trace.
    pub(crate) fn is_due(&self, bucket: usize, now: Timestamp) -> bool {
        let slot = self.0.get().and_then(|slots| slots.get(bucket));
        slot.is_none_or(|slot| slot.is_due(now))
    }

    /// Stores an exemplar of one of the `buckets`, unless the stored one is less than a second old.
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

    /// The newest exemplar of each bucket among `all`, without those that are too old. `number` converts the
    /// stored value.
    pub(crate) fn read<'e>(
        all: impl IntoIterator<Item = &'e Self>,
        number: impl Fn(u64) -> Number,
    ) -> Written {
        let mut newest: Vec<Option<Kept>> = Vec::new();
        for slots in all.into_iter().filter_map(|exemplars| exemplars.0.get()) {
            let now = Timestamp::now();
            newest.resize(slots.len(), None);
            for (slot, newest) in slots.iter().zip(&mut newest) {
                let kept = slot.get(now);
                if kept.map(|kept| kept.time) > newest.map(|kept| kept.time) {
                    *newest = kept;
                }
            }
        }
        let written = newest.into_iter().map(|kept| {
            let kept = kept?;
            let mut labels = String::new();
            kept.trace.push_labels(&mut labels);
            Some((labels, number(kept.value), kept.time))
        });
        Written(written.collect())
    }
}

/// The exemplars of a histogram's buckets, with their labels as text: one place for each bucket, or none at
/// all.
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
        let read = |all: &[&Exemplars]| Exemplars::read(all.iter().copied(), Number::Unsigned);
        assert!(read(&[&exemplars]).0.is_empty());
        exemplars.keep(1, 3, &TraceContext::new([0; 16], [1; 8]), 7, now);
        assert!(exemplars.0.get().is_none(), "invalid");

        exemplars.keep(1, 3, &TRACE, 7, now);
        exemplars.keep(1, 3, &TRACE, 8, now);
        exemplars.keep(3, 3, &TRACE, 9, now);
        assert!(!exemplars.is_due(1, now));
        assert!(exemplars.is_due(0, now));
        let written = read(&[&exemplars]);
        let found = written.exemplars();
        let found: Vec<_> = found
            .iter()
            .map(|exemplar| exemplar.map(|exemplar| (exemplar.value, exemplar.time)))
            .collect();
        assert_eq!(found, [None, Some((Number::Unsigned(7), Some(now))), None]);

        // The newer exemplar of a bucket wins.
        let other = Exemplars::default();
        let earlier = Timestamp::from_nanos(now.as_nanos() - 1);
        other.keep(1, 3, &TRACE, 8, earlier);
        other.keep(2, 3, &TRACE, 9, earlier);
        for all in [[&exemplars, &other], [&other, &exemplars]] {
            let written = read(&all);
            let values = written.exemplars().into_iter();
            let values = values.map(|exemplar| exemplar.map(|exemplar| exemplar.value));
            assert!(values.eq([None, Some(Number::Unsigned(7)), Some(Number::Unsigned(9))]));
        }
    }
}
