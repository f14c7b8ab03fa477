//! The numbers of a label set, and those that stand beside them.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use super::Settings;
use crate::exposition::Timestamp;

/// As many numbers as fill a line of memory, so that no two series share one.
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
    fn new(buckets: usize) -> Self {
        let lines = (buckets + 1).div_ceil(Line::LEN);
        Self((0..lines).map(|_| Line::default()).collect())
    }

    /// Two additions, no lock.
    pub(crate) fn record(&self, bucket: usize, amount: u64) {
        if let Some(cell) = self.cell(bucket + 1) {
            cell.fetch_add(1, Relaxed);
        }
        if let Some(cell) = self.cell(0) {
            cell.fetch_add(amount, Relaxed);
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

    fn cell(&self, index: usize) -> Option<&AtomicU64> {
        let line = self.0.get(index / Line::LEN)?;
        line.0.get(index % Line::LEN)
    }
}

/// The numbers of one label set.
///
/// The counter `http_server_requests_total` and the `_count` of the duration are both the sum of
/// the duration's buckets: they cannot disagree.
#[derive(Debug)]
pub(crate) struct Series {
    /// `method="GET",host="…",path="…",code="200"`, written once.
    labels: Box<str>,
    pub(crate) start: Timestamp,
    /// In nanoseconds.
    pub(crate) duration: Cells,
    pub(crate) extended: Option<Box<Extended>>,
}

/// What the extended group adds to a label set.
#[derive(Debug)]
pub(crate) struct Extended {
    /// In bytes.
    pub(crate) request_size: Cells,
    /// In bytes.
    pub(crate) response_size: Cells,
    /// In nanoseconds.
    pub(crate) response_duration: Cells,
}

impl Series {
    pub(crate) fn new(labels: Box<str>, settings: &Settings) -> Self {
        let buckets = settings.bounds.len() + 1;
        Self {
            labels,
            start: Timestamp::now(),
            duration: Cells::new(buckets),
            extended: settings.extended.then(|| {
                Box::new(Extended {
                    request_size: Cells::new(SIZE_BOUNDS.len() + 1),
                    response_size: Cells::new(SIZE_BOUNDS.len() + 1),
                    response_duration: Cells::new(buckets),
                })
            }),
        }
    }

    pub(crate) fn labels(&self) -> &str {
        &self.labels
    }
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

/// How many requests of a method and a host are in flight.
#[derive(Debug)]
pub(crate) struct Active {
    labels: String,
    count: AtomicI64,
}

impl Active {
    pub(crate) fn new(labels: String) -> Self {
        Self {
            labels,
            count: AtomicI64::new(0),
        }
    }

    pub(crate) fn labels(&self) -> &str {
        &self.labels
    }

    pub(crate) fn raise(&self) {
        self.count.fetch_add(1, Relaxed);
    }

    pub(crate) fn lower(&self) {
        self.count.fetch_sub(1, Relaxed);
    }

    pub(crate) fn count(&self) -> i64 {
        self.count.load(Relaxed)
    }
}

/// How many responses' heads went out without all of their bodies.
#[derive(Debug, Default)]
pub(crate) struct Truncated {
    pub(crate) client: AtomicU64,
    pub(crate) body_error: AtomicU64,
    pub(crate) panic: AtomicU64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_buckets_fill_two_lines() {
        assert_eq!(Cells::new(15).0.len(), 2);
        assert_eq!(size_of::<Line>(), 64);
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
