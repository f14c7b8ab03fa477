//! The counters of a label set, as one recorder writes them.
//!
//! Only an [`Own`] writes, and only one thread has it at a time. So an addition is a plain load and
//! store, which is much cheaper than an atomic read-modify-write.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
};

use super::{Settings, bucket, sharded::Own, trace::keep};
use crate::exposition::{
    Bounds, Timestamp, TraceContext,
    exemplars::Exemplars,
    native::{self, Layout, Octaves},
};

/// One cache line of numbers, so that two recorders never share a cache line.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Line([AtomicU64; Line::LEN]);

impl Line {
    const LEN: usize = 8;
}

/// The cells of a histogram: its sum, then its buckets, each without the buckets below it.
///
/// With the default buckets this takes two lines, and a short duration writes to the first line
/// only.
#[derive(Debug)]
pub(crate) enum Cells {
    Classic(ClassicCells),
    Native(Box<NativeCells>),
}

#[derive(Debug)]
pub(crate) struct ClassicCells(Box<[Line]>);

/// The cells of a histogram that also has native buckets: its sum, and the cells of both forms.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct NativeCells {
    sum: AtomicU64,
    counts: native::Cells,
    layout: Arc<Layout>,
}

impl Cells {
    /// `buckets` includes the bucket for `+Inf`. `layout`: the layout of the native form, if there
    /// is one.
    pub(super) fn new(buckets: usize, layout: Option<&Arc<Layout>>) -> Self {
        match layout {
            Some(layout) => Self::Native(Box::new(NativeCells {
                sum: AtomicU64::new(0),
                counts: native::Cells::new(layout.cells()),
                layout: Arc::clone(layout),
            })),
            None => Self::Classic(ClassicCells::new(buckets)),
        }
    }

    #[inline(always)]
    fn record(&self, bounds: &[u64], amount: u64) {
        match self {
            Self::Classic(cells) => cells.record(bucket(bounds, amount), amount),
            Self::Native(cells) => cells.record(amount),
        }
    }

    /// The sum of all observations. A sum of nanoseconds wraps after 584 years in one label set,
    /// which Prometheus would treat as a counter reset.
    pub(crate) fn sum(&self) -> u64 {
        match self {
            Self::Classic(cells) => cells.cell(0).map_or(0, |cell| cell.load(Relaxed)),
            Self::Native(cells) => cells.sum.load(Relaxed),
        }
    }

    /// Adds the count of each bucket without the buckets below it, or of each cell if there is a
    /// native form.
    pub(crate) fn add_to(&self, sums: &mut [u64]) {
        match self {
            Self::Classic(cells) => {
                for (bucket, sum) in sums.iter_mut().enumerate() {
                    *sum += cells.bucket(bucket);
                }
            }
            Self::Native(cells) => cells.counts.add_to(sums),
        }
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> u64 {
        let mut sums = [0; 512];
        self.add_to(&mut sums);
        sums.iter().sum()
    }
}

impl ClassicCells {
    fn new(buckets: usize) -> Self {
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

    /// The count of the bucket, without the buckets below it.
    fn bucket(&self, bucket: usize) -> u64 {
        self.cell(bucket + 1).map_or(0, |cell| cell.load(Relaxed))
    }

    #[inline(always)]
    fn cell(&self, index: usize) -> Option<&AtomicU64> {
        let line = self.0.get(index / Line::LEN)?;
        line.0.get(index % Line::LEN)
    }
}

impl NativeCells {
    #[inline(never)]
    fn record(&self, amount: u64) {
        self.counts.count(self.layout.cell_of_integer(amount));
        add(&self.sum, amount);
    }
}

/// Adds to a cell that no other thread writes.
#[inline(always)]
fn add(cell: &AtomicU64, amount: u64) {
    cell.store(cell.load(Relaxed).wrapping_add(amount), Relaxed);
}

/// The layouts of the cells of histograms with native buckets.
#[derive(Debug)]
pub(crate) struct Layouts {
    /// For durations, in nanoseconds.
    pub(crate) seconds: Arc<Layout>,
    pub(crate) bytes: Arc<Layout>,
}

impl Layouts {
    pub(super) fn new(settings: &Settings) -> Self {
        let seconds = Bounds::new(settings.buckets.clone());
        let bytes = Bounds::new(SIZE_BOUNDS.map(|bound| bound as f64));
        Self {
            seconds: Arc::new(Layout::new(&seconds, Octaves::SECONDS, 1e9)),
            bytes: Arc::new(Layout::new(&bytes, Octaves::BYTES, 1.0)),
        }
    }
}

/// What one recorder counts for one series.
///
/// The counter `http_server_requests_total` and the `_count` of the duration are both the sum of
/// the duration's buckets, so they always agree.
#[derive(Debug)]
pub(crate) struct SeriesCells {
    /// In nanoseconds.
    pub(crate) duration: Observations,
    pub(crate) extended: Option<Box<ExtendedCells>>,
}

/// What the extended group adds to a label set.
#[derive(Debug)]
pub(crate) struct ExtendedCells {
    /// In bytes.
    pub(crate) request_size: Observations,
    /// In bytes.
    pub(crate) response_size: Observations,
    /// In nanoseconds.
    pub(crate) response_duration: Observations,
}

/// The observations of a histogram.
#[derive(Debug)]
pub(crate) struct Observations {
    pub(crate) cells: Cells,
    /// `None` if exemplars are off.
    pub(crate) exemplars: Option<Box<Exemplars>>,
}

impl Observations {
    /// Keeps the trace of an observation, if exemplars are on.
    fn keep_trace(&self, bounds: &[u64], amount: u64, trace: TraceContext, now: Timestamp) {
        if let Some(exemplars) = &self.exemplars {
            keep(exemplars, bounds, amount, now, || Some(trace));
        }
    }
}

impl SeriesCells {
    pub(super) fn new(settings: &Settings, layouts: Option<&Layouts>) -> Self {
        let new = |bounds: &[u64], layout| Observations {
            cells: Cells::new(bounds.len() + 1, layout),
            exemplars: settings.exemplars.then(Box::default),
        };
        let duration = || new(&settings.bounds, layouts.map(|layouts| &layouts.seconds));
        let size = || new(&SIZE_BOUNDS, layouts.map(|layouts| &layouts.bytes));
        Self {
            duration: duration(),
            extended: settings.extended.then(|| {
                Box::new(ExtendedCells {
                    request_size: size(),
                    response_size: size(),
                    response_duration: duration(),
                })
            }),
        }
    }
}

impl Own<SeriesCells> {
    #[inline(always)]
    pub(super) fn record(&self, bounds: &[u64], nanos: u64) {
        self.numbers().duration.cells.record(bounds, nanos);
    }

    /// The exemplars of the duration, if exemplars are on.
    #[inline(always)]
    pub(super) fn exemplars(&self) -> Option<&Exemplars> {
        self.numbers().duration.exemplars.as_deref()
    }

    #[inline]
    pub(super) fn record_sizes(&self, request: u64, response: Option<u64>) {
        if let Some(cells) = &self.numbers().extended {
            record_size(&cells.request_size.cells, request);
            if let Some(response) = response {
                record_size(&cells.response_size.cells, response);
            }
        }
    }

    /// Records the time to the end of the response body.
    #[inline]
    pub(super) fn record_response(&self, bounds: &[u64], nanos: u64) {
        if let Some(cells) = &self.numbers().extended {
            cells.response_duration.cells.record(bounds, nanos);
        }
    }

    /// Keeps the trace of what was recorded: both sizes, and the time to the end of the response
    /// body if it has a duration.
    #[cold]
    pub(super) fn keep_traces(
        &self,
        trace: TraceContext,
        (request, response): (u64, u64),
        bounds: &[u64],
        nanos: Option<u64>,
    ) {
        let Some(cells) = &self.numbers().extended else {
            return;
        };
        let now = Timestamp::now();
        for (size, cells) in [
            (request, &cells.request_size),
            (response, &cells.response_size),
        ] {
            cells.keep_trace(&SIZE_BOUNDS, size, trace, now);
        }
        if let Some(nanos) = nanos {
            let cells = &cells.response_duration;
            cells.keep_trace(bounds, nanos, trace, now);
        }
    }
}

#[inline]
fn record_size(cells: &Cells, size: u64) {
    cells.record(&SIZE_BOUNDS, size);
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

/// The number of requests of a method and a host that one recorder has in flight.
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
        assert_eq!(ClassicCells::new(15).0.len(), 2);
        assert_eq!(size_of::<Cells>(), size_of::<Box<[Line]>>());
        assert_eq!(size_of::<Line>(), 64);
        assert_eq!(align_of::<Gauge>(), 64);
    }

    #[test]
    fn each_bucket_has_its_own_cell() {
        for buckets in [1, 7, 8, 15, 16, 40] {
            let bounds: Vec<u64> = (1..buckets as u64).collect();
            let cells = Cells::new(buckets, None);
            let mut sum = 0;
            for value in 1..=buckets as u64 {
                for _ in 0..value {
                    cells.record(&bounds, value);
                    sum += value;
                }
            }
            let mut counts = vec![0; buckets];
            cells.add_to(&mut counts);
            assert!(counts.iter().copied().eq(1..=buckets as u64), "{counts:?}");
            assert_eq!(cells.sum(), sum);
        }
    }
}
