//! One label set's numbers.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// As many numbers as fill a line of memory, so that no two series share one.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Line([AtomicU64; Line::LEN]);

impl Line {
    const LEN: usize = 8;
}

/// The numbers of one label set of the standard metrics.
///
/// They are the histogram's sum and its buckets, each bucket counted on its own. The counter
/// `http_server_requests_total` and the histogram's `_count` are both the sum of the buckets: they
/// cannot disagree.
#[derive(Debug)]
pub(crate) struct Series {
    /// `method="GET",host="…",path="…",code="200"`, written once.
    labels: Box<str>,
    /// The sum in nanoseconds, then the buckets. With the default buckets these are two lines, and
    /// a fast request writes to the first alone.
    lines: Box<[Line]>,
}

impl Series {
    /// `buckets` counts the one for `+Inf`.
    pub(crate) fn new(labels: Box<str>, buckets: usize) -> Self {
        let lines = (buckets + 1).div_ceil(Line::LEN);
        Self {
            labels,
            lines: (0..lines).map(|_| Line::default()).collect(),
        }
    }

    pub(crate) fn labels(&self) -> &str {
        &self.labels
    }

    /// Two additions, no lock.
    pub(crate) fn record(&self, bucket: usize, nanos: u64) {
        if let Some(cell) = self.cell(bucket + 1) {
            cell.fetch_add(1, Relaxed);
        }
        if let Some(cell) = self.cell(0) {
            cell.fetch_add(nanos, Relaxed);
        }
    }

    /// The sum of all durations, in nanoseconds. It wraps after 584 years spent in one label set,
    /// which Prometheus would take for a restart.
    pub(crate) fn sum(&self) -> u64 {
        self.cell(0).map_or(0, |cell| cell.load(Relaxed))
    }

    /// What the bucket holds by itself, without the ones below it.
    pub(crate) fn bucket(&self, bucket: usize) -> u64 {
        self.cell(bucket + 1).map_or(0, |cell| cell.load(Relaxed))
    }

    fn cell(&self, index: usize) -> Option<&AtomicU64> {
        self.lines.get(index / Line::LEN)?.0.get(index % Line::LEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_buckets_fill_two_lines() {
        let series = Series::new("".into(), 15);
        assert_eq!(series.lines.len(), 2);
        assert_eq!(size_of::<Line>(), 64);
    }

    #[test]
    fn every_bucket_has_a_cell_of_its_own() {
        for buckets in [1, 7, 8, 15, 16, 40] {
            let series = Series::new("".into(), buckets);
            for bucket in 0..buckets {
                for _ in 0..=bucket {
                    series.record(bucket, 3);
                }
            }
            let counts: Vec<u64> = (0..buckets).map(|bucket| series.bucket(bucket)).collect();
            assert!(counts.iter().copied().eq(1..=buckets as u64), "{counts:?}");
            assert_eq!(series.sum(), 3 * counts.iter().sum::<u64>());
        }
    }
}
