//! Everything that one recorder counts.

use std::{marker::PhantomData, rc::Rc};

use super::{
    cells::{Gauge, SeriesCells},
    sharded::Own,
};

/// The parts of all label sets that one recorder writes, indexed by the numbers from the store.
#[derive(Debug, Default)]
pub(super) struct IdleShard {
    series: Vec<Option<Own<SeriesCells>>>,
    active: Vec<Option<Own<Gauge>>>,
}

/// A shard in use. It stays on the thread of its recorder.
#[derive(Debug)]
pub(super) struct Shard {
    parts: IdleShard,
    not_send: PhantomData<Rc<()>>,
}

impl Shard {
    pub(super) fn new(parts: IdleShard) -> Self {
        Self {
            parts,
            not_send: PhantomData,
        }
    }

    pub(super) fn into_idle(self) -> IdleShard {
        self.parts
    }

    #[inline(always)]
    pub(super) fn series(&self, id: usize) -> Option<&Own<SeriesCells>> {
        self.parts.series.get(id)?.as_ref()
    }

    pub(super) fn add_series(&mut self, id: usize, part: Own<SeriesCells>) {
        put(&mut self.parts.series, id, part);
    }

    #[inline(always)]
    pub(super) fn active(&self, id: usize) -> Option<&Own<Gauge>> {
        self.parts.active.get(id)?.as_ref()
    }

    pub(super) fn add_active(&mut self, id: usize, part: Own<Gauge>) {
        put(&mut self.parts.active, id, part);
    }
}

fn put<T>(parts: &mut Vec<Option<Own<T>>>, id: usize, part: Own<T>) {
    if parts.len() <= id {
        parts.resize_with(id + 1, || None);
    }
    if let Some(place) = parts.get_mut(id) {
        *place = Some(part);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Barrier, Mutex},
        thread,
    };

    use super::*;
    use crate::requests::{
        cells::{Cells, Observations},
        sharded::Sharded,
    };

    fn sum(series: &Sharded<SeriesCells>) -> u64 {
        series.parts().map(|part| part.duration.cells.count()).sum()
    }

    fn cells() -> SeriesCells {
        SeriesCells {
            duration: Observations {
                cells: Cells::new(2, None),
                exemplars: None,
            },
            extended: None,
        }
    }

    #[test]
    fn parts_come_in_the_order_they_were_added() {
        let series = Sharded::new("".into());
        let parts: Vec<_> = (0..5).map(|_| series.add_part(cells())).collect();
        for (count, part) in parts.iter().enumerate() {
            for _ in 0..count {
                part.record(&[1], 1);
            }
        }
        let counts = series.parts().map(|part| part.duration.cells.count());
        let counts: Vec<u64> = counts.collect();
        assert_eq!(counts, [0, 1, 2, 3, 4]);
    }

    /// Recorders start and end, add parts and take over idle ones, while others count and a scrape
    /// reads.
    #[test]
    fn no_count_is_lost_when_threads_take_turns() {
        const THREADS: usize = 4;
        const TURNS: u64 = 300;
        const COUNTS: u64 = 50;
        let series = Sharded::new("".into());
        let idle: Mutex<Vec<IdleShard>> = Mutex::default();
        let start = Barrier::new(THREADS + 1);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    start.wait();
                    for _ in 0..TURNS {
                        let taken = idle.lock().expect("no panic").pop();
                        let mut shard = Shard::new(taken.unwrap_or_default());
                        if shard.series(0).is_none() {
                            shard.add_series(0, series.add_part(cells()));
                        }
                        let part = shard.series(0).expect("it was added");
                        for _ in 0..COUNTS {
                            part.record(&[1], 1);
                        }
                        idle.lock().expect("no panic").push(shard.into_idle());
                    }
                });
            }
            start.wait();
            let mut before = 0;
            while before < TURNS * COUNTS {
                let now = sum(&series);
                assert!(now >= before, "{now} after {before}");
                before = now;
            }
        });
        assert_eq!(sum(&series), THREADS as u64 * TURNS * COUNTS);
        let parts = series.parts().count();
        assert!(parts <= THREADS, "{parts} parts for {THREADS} threads");
        assert_eq!(idle.lock().expect("no panic").len(), parts);
    }
}
