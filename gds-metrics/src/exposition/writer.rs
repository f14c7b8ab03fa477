//! What every source of metrics writes to, whatever the format.

use std::{
    fmt,
    ops::Add,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{Bounds, MetricKind, push_label};
use crate::error::EncodeError;

/// Writes families in one format: a header, then the family's samples.
///
/// Labels come as text, `method="GET",code="200"`, with the escapes of the text formats and without
/// braces. Empty text means that there are no labels.
pub trait Writer {
    /// Begins a family. What follows belongs to it.
    fn family(&mut self, header: &Header<'_>);

    /// Writes one sample of a counter, a gauge, an info, a state set or a family of unknown kind.
    fn sample(&mut self, labels: &str, value: Number, start: Option<Timestamp>);

    fn histogram(&mut self, labels: &str, histogram: &Histogram<'_>);

    fn summary(&mut self, labels: &str, summary: &Summary);

    /// Writes a sample that another library has written as text.
    fn line(&mut self, line: &Line<'_>);

    /// Ends the exposition and hands the last of it to the sink.
    fn finish(&mut self);
}

/// Something that can be exposed.
pub(crate) trait Source: Send + Sync + 'static {
    /// How its families are to be written.
    fn options(&self) -> Options {
        Options::default()
    }

    /// Writes all families.
    ///
    /// # Errors
    /// When a metric's own encoder reports an error.
    fn write(&self, writer: &mut dyn Writer) -> Result<(), EncodeError>;

    /// What it takes to write them now. Asked before each scrape, so it is cheap to tell.
    fn cost(&self) -> Cost;
}

/// What it takes to write a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// About so many bytes of text, and only code of this crate runs.
    Bytes(usize),
    /// Nobody knows: code of the application or of the system runs as well, or the application
    /// may hold a lock that is waited for.
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

/// What a format may leave out, and does by default.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// Whether OpenMetrics has `_created` lines.
    pub(crate) created: bool,
}

/// What the lines above a family's samples say.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    /// The family's name: without the `_total` of a counter and the `_info` of an info, with the
    /// unit at its end if it has one.
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
    /// A float that is a whole number.
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
    /// What each bucket holds by itself, in the order of the bounds, and then that of `+Inf`. The
    /// count is their sum.
    pub buckets: &'a [u64],
    pub sum: Number,
    /// The same observations in native buckets, which only the protobuf format has.
    pub native: Option<Native<'a>>,
    /// One for each bucket, or none at all.
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
    /// How many buckets there are for each power of two: 2 to the power of this.
    pub schema: i32,
    /// Up to which value, inclusively, the zero bucket reaches. Larger than 0.
    pub zero_threshold: f64,
    pub zero_count: u64,
    /// The indexes of the buckets, ascending, with what each holds by itself.
    pub buckets: &'a [(i32, u64)],
}

/// One observation and what it came with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exemplar<'a> {
    /// As label text, of at most 128 characters.
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
    /// What follows the family's name: `_total`, `_bucket`, or nothing.
    pub suffix: &'a str,
    pub labels: &'a str,
    pub value: &'a str,
    /// `{trace_id="…"} 0.5`, with or without a timestamp.
    pub exemplar: Option<&'a str>,
    /// The same with the family's name before it and a line break at its end, if there is such a text.
    pub whole: Option<&'a str>,
}

/// A moment, in nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(u64);

impl Timestamp {
    pub fn now() -> Self {
        // A clock before 1970 is wrong in any case; the year 2554 is far.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        let nanos = since_epoch.map_or(0, |since| since.as_nanos());
        Self(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// The moment that is this many nanoseconds after the Unix epoch.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    pub const fn as_nanos(self) -> u64 {
        self.0
    }
}

/// Writes a family of counters that one label tells apart.
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
