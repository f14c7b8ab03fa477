//! The interface between all sources of metrics and all formats.

use std::{
    fmt,
    ops::Add,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{Bounds, MetricKind, push_label};
use crate::error::EncodeError;

/// Writes families in one format: a header, then the family's samples.
///
/// Labels are text: `method="GET",code="200"`, with the escapes of the text formats and without braces. An
/// empty text means no labels.
pub trait Writer {
    /// Begins a family. All samples until the next family belong to it.
    fn family(&mut self, header: &Header<'_>);

    /// Writes one sample of a counter, a gauge, an info, a state set or a family of unknown kind.
    fn sample(&mut self, labels: &str, value: Number, start: Option<Timestamp>);

    fn histogram(&mut self, labels: &str, histogram: &Histogram<'_>);

    fn summary(&mut self, labels: &str, summary: &Summary);

    /// Writes a sample that another library has written as text.
    fn line(&mut self, line: &Line<'_>);

    /// Ends the exposition and passes the remaining bytes to the sink.
    fn finish(&mut self);
}

/// A source of metric families.
pub(crate) trait Source: Send + Sync + 'static {
    /// The options for writing its families.
    fn options(&self) -> Options {
        Options::default()
    }

    /// Writes all families.
    ///
    /// # Errors
    /// When a metric's own encoder reports an error.
    fn write(&self, writer: &mut dyn Writer) -> Result<(), EncodeError>;

    /// The cost of writing the families now. It is read before each scrape, so it must be cheap.
    fn cost(&self) -> Cost;
}

/// The cost of writing a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// The approximate number of bytes of text. Only code of this crate runs.
    Bytes(usize),
    /// Unknown, because code of the application or of the system runs, or because the application may hold a
    /// lock that the scrape waits for.
    Foreign,
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        match (self, other) {
            (Self::Bytes(one), Self::Bytes(other)) => Self::Bytes(one.saturating_add(other)),
            _ => Self::Foreign,
        }
    }
}

/// Optional parts of a format. They are left out by default.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// Whether OpenMetrics has `_created` lines.
    pub(crate) created: bool,
}

/// The header of a family.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    /// The family's name: without `_total` for a counter and `_info` for an info, with the unit at its end if
    /// there is one.
    pub name: &'a str,
    pub kind: MetricKind,
    pub unit: Option<&'a str>,
    /// Unescaped.
    pub help: &'a str,
}

/// The value of a sample. Integers and durations are written exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    /// An integer that represents a float.
    Whole(u64),
    /// Nanoseconds, written as seconds.
    Nanos(u64),
}

impl Number {
    /// The nearest `f64`.
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Unsigned(value) | Self::Whole(value) => value as f64,
            Self::Signed(value) => value as f64,
            Self::Float(value) => value,
            Self::Nanos(nanos) => nanos as f64 / 1e9,
        }
    }
}

/// One reading of a histogram.
#[derive(Clone, Copy, Debug)]
pub struct Histogram<'a> {
    pub bounds: &'a Bounds,
    /// The count of each bucket without the lower ones, in the order of the bounds, then that of `+Inf`. The
    /// total count is their sum.
    pub buckets: &'a [u64],
    pub sum: Number,
    /// The same observations in native buckets. Only the protobuf format writes them.
    pub native: Option<Native<'a>>,
    /// One for each bucket, or an empty slice.
    pub exemplars: &'a [Option<Exemplar<'a>>],
    pub start: Option<Timestamp>,
}

impl<'a> Histogram<'a> {
    /// The exemplar of the bucket with this number.
    pub(super) fn exemplar(&self, bucket: usize) -> Option<Exemplar<'a>> {
        self.exemplars.get(bucket).copied().flatten()
    }

    /// The number of observations.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

/// The native form of a histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Native<'a> {
    /// The number of buckets for each power of two is 2 to the power of `schema`.
    pub schema: i32,
    /// The inclusive upper bound of the zero bucket. Larger than 0.
    pub zero_threshold: f64,
    pub zero_count: u64,
    /// The indexes of the buckets, ascending, with the count of each bucket alone.
    pub buckets: &'a [(i32, u64)],
}

/// One observation, with its trace or other labels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exemplar<'a> {
    /// As label text, with at most 128 characters in names and values.
    pub labels: &'a str,
    pub value: Number,
    pub time: Option<Timestamp>,
}

/// One reading of a summary.
#[derive(Clone, Copy, Debug)]
pub struct Summary {
    pub sum: f64,
    pub count: u64,
    pub start: Option<Timestamp>,
}

/// A sample as text, without the family's name.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The end of the sample's name after the family's name: `_total`, `_bucket`, or empty.
    pub suffix: &'a str,
    pub labels: &'a str,
    pub value: &'a str,
    /// `{trace_id="…"} 0.5`, with an optional timestamp.
    pub exemplar: Option<&'a str>,
    /// The whole line, with the family's name and a line break, if that text exists.
    pub whole: Option<&'a str>,
}

/// A time, in nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(u64);

impl Timestamp {
    pub fn now() -> Self {
        // A clock before 1970 is wrong anyway, and the range ends in the year 2554.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        let nanos = since_epoch.map_or(0, |since| since.as_nanos());
        Self(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// The time of this many nanoseconds after the Unix epoch.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    pub const fn as_nanos(self) -> u64 {
        self.0
    }
}

/// Writes a family of counters that are distinguished by one label.
pub(crate) fn write_counters<'c>(
    writer: &mut dyn Writer,
    header: &Header<'_>,
    label: &str,
    counts: impl IntoIterator<Item = (&'c str, u64)>,
    start: Option<Timestamp>,
) {
    writer.family(header);
    let mut labels = String::new();
    for (value, count) in counts {
        labels.clear();
        push_label(&mut labels, label, value);
        writer.sample(&labels, Number::Unsigned(count), start);
    }
}

impl fmt::Debug for dyn Writer + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}
