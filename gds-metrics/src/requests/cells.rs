//! The numbers of a label set, as one recorder counts them.
//!
//! Only an [`Own`] writes, and only one thread has it at a time: what it adds to is read and stored
//! again, which is a good deal cheaper than an addition that others may meet.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use super::{Settings, sharded::Own};

/// As many numbers as fill a line of memory, so that no two recorders share one.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Line([AtomicU64; Line::LEN]);

impl Line {
    const LEN: usize = 8;
}

/// A histogram's numbers: its sum, then its buckets, each counted by itself.
///
/// With the default buckets these are two lines, and a short duration writes to the first alone.
#[derive(Debug)]
pub(crate) struct Cells(Box<[Line]>);

impl Cells {
    /// `buckets` counts the one for `+Inf`.
    pub(super) fn new(buckets: usize) -> Self {
        let lines = (buckets + 1).div_ceil(Line::LEN);
        Self((0..lines).map(|_| Line::default()).collect())
    }

    #[inline(always)]
    fn record(&self, bucket: usize, amount: u64) {
        if let Some(cell) = self.cell(bucket + 1) {
            add(cell, 1);
        }
        if let Some(cell) = self.cell(0) {
            add(cell, amount);
        }
    }

    /// The sum of all amounts. A sum of nanoseconds wraps after 584 years spent in one label set,
    /// which Prometheus would take for a restart.
    pub(crate) fn sum(&self) -> u64 {
        self.cell(0).map_or(0, |cell| cell.load(Relaxed))
    }

    /// What the bucket holds by itself, without the ones below it.
    pub(crate) fn bucket(&self, bucket: usize) -> u64 {
        self.cell(bucket + 1).map_or(0, |cell| cell.load(Relaxed))
    }

    #[inline(always)]
    fn cell(&self, index: usize) -> Option<&AtomicU64> {
        let line = self.0.get(index / Line::LEN)?;
        line.0.get(index % Line::LEN)
    }
}

/// Adds to a cell that no other thread writes.
#[inline(always)]
fn add(cell: &AtomicU64, amount: u64) {
    cell.store(cell.load(Relaxed).wrapping_add(amount), Relaxed);
}

/// What one recorder counts of one series.
///
/// The counter `http_server_requests_total` and the `_count` of the duration are both the sum of
/// the duration's buckets: they cannot disagree.
#[derive(Debug)]
pub(crate) struct SeriesCells {
    /// In nanoseconds.
    pub(crate) duration: Cells,
    pub(crate) extended: Option<Box<ExtendedCells>>,
}

/// What the extended group adds to a label set.
#[derive(Debug)]
pub(crate) struct ExtendedCells {
    /// In bytes.
    pub(crate) request_size: Cells,
    /// In bytes.
    pub(crate) response_size: Cells,
    /// In nanoseconds.
    pub(crate) response_duration: Cells,
}

impl SeriesCells {
    pub(super) fn new(settings: &Settings) -> Self {
        let buckets = settings.bounds.len() + 1;
        Self {
            duration: Cells::new(buckets),
            extended: settings.extended.then(|| {
                Box::new(ExtendedCells {
                    request_size: Cells::new(SIZE_BOUNDS.len() + 1),
                    response_size: Cells::new(SIZE_BOUNDS.len() + 1),
                    response_duration: Cells::new(buckets),
                })
            }),
        }
    }
}

impl Own<SeriesCells> {
    /// Records a request's duration.
    #[inline(always)]
    pub(super) fn record(&self, bucket: usize, nanos: u64) {
        self.numbers().duration.record(bucket, nanos);
    }

    /// Records the sizes of a request's and a response's body.
    pub(super) fn record_sizes(&self, request: u64, response: Option<u64>) {
        if let Some(cells) = &self.numbers().extended {
            record_size(&cells.request_size, request);
            if let Some(response) = response {
                record_size(&cells.response_size, response);
            }
        }
    }

    /// Records the time to the end of a response's body.
    pub(super) fn record_response(&self, bucket: usize, nanos: u64) {
        if let Some(cells) = &self.numbers().extended {
            cells.response_duration.record(bucket, nanos);
        }
    }
}

fn record_size(cells: &Cells, size: u64) {
    cells.record(super::bucket(&SIZE_BOUNDS, size), size);
}

/// Upper bounds of the size histograms, in bytes: 256 B to 64 MiB.
pub(crate) const SIZE_BOUNDS: [u64; 10] = {
    let mut bounds = [256; 10];
    let mut i = 1;
    while i < bounds.len() {
        bounds[i] = bounds[i - 1] * 4;
        i += 1;
    }
    bounds
};

/// How many requests of a method and a host one recorder has in flight.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct Gauge(AtomicI64);

impl Gauge {
    pub(crate) fn value(&self) -> i64 {
        self.0.load(Relaxed)
    }
}

impl Own<Gauge> {
    pub(super) fn add(&self, amount: i64) {
        let value = &self.numbers().0;
        value.store(value.load(Relaxed).wrapping_add(amount), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_buckets_fill_two_lines() {
        assert_eq!(Cells::new(15).0.len(), 2);
        assert_eq!(size_of::<Line>(), 64);
        assert_eq!(align_of::<Gauge>(), 64);
    }

    #[test]
    fn every_bucket_has_a_cell_of_its_own() {
        for buckets in [1, 7, 8, 15, 16, 40] {
            let cells = Cells::new(buckets);
            for bucket in 0..buckets {
                for _ in 0..=bucket {
                    cells.record(bucket, 3);
                }
            }
            let counts: Vec<u64> = (0..buckets).map(|bucket| cells.bucket(bucket)).collect();
            assert!(counts.iter().copied().eq(1..=buckets as u64), "{counts:?}");
            assert_eq!(cells.sum(), 3 * counts.iter().sum::<u64>());
        }
    }
}
