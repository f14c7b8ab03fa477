//! Prometheus's protobuf format: length-prefixed messages of `io.prometheus.client.MetricFamily`.
//!
//! <https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto>
//!
//! The format has no infos and no state sets. They are written as gauges, as in the classic text format. A
//! family without samples is left out. So is a line whose name does not fit its family's message, such as
//! `_total` in a family of unknown kind.

use super::{
    Exemplar, Header, Histogram, Line, MetricKind, Native, Number, Sink, Summary, Timestamp,
    Writer,
    gathered::{Gathered, read_exemplar},
    labels::{Labels, unescape},
    native::{deltas, spans},
    page::Page,
    wire::{
        push_double, push_message, push_signed, push_string, push_unsigned, push_varint, zigzag,
    },
};

pub(super) const CONTENT_TYPE: &str = "application/vnd.google.protobuf; \
     proto=io.prometheus.client.MetricFamily; encoding=delimited";

/// The field numbers of the messages.
mod field {
    pub(super) const FAMILY_NAME: u8 = 1;
    pub(super) const FAMILY_HELP: u8 = 2;
    pub(super) const FAMILY_TYPE: u8 = 3;
    pub(super) const FAMILY_METRIC: u8 = 4;
    pub(super) const FAMILY_UNIT: u8 = 5;

    pub(super) const METRIC_LABEL: u8 = 1;
    pub(super) const METRIC_GAUGE: u8 = 2;
    pub(super) const METRIC_COUNTER: u8 = 3;
    pub(super) const METRIC_SUMMARY: u8 = 4;
    pub(super) const METRIC_UNTYPED: u8 = 5;
    pub(super) const METRIC_HISTOGRAM: u8 = 7;

    pub(super) const LABEL_NAME: u8 = 1;
    pub(super) const LABEL_VALUE: u8 = 2;

    /// In a counter, a gauge or an untyped metric.
    pub(super) const VALUE: u8 = 1;
    pub(super) const COUNTER_EXEMPLAR: u8 = 2;
    pub(super) const COUNTER_START: u8 = 3;

    /// In a summary or a histogram.
    pub(super) const COUNT: u8 = 1;
    /// In a summary or a histogram.
    pub(super) const SUM: u8 = 2;
    pub(super) const SUMMARY_START: u8 = 4;
    pub(super) const HISTOGRAM_BUCKET: u8 = 3;
    pub(super) const HISTOGRAM_START: u8 = 15;
    pub(super) const SCHEMA: u8 = 5;
    pub(super) const ZERO_THRESHOLD: u8 = 6;
    pub(super) const ZERO_COUNT: u8 = 7;
    pub(super) const POSITIVE_SPAN: u8 = 12;
    pub(super) const POSITIVE_DELTA: u8 = 13;

    pub(super) const SPAN_OFFSET: u8 = 1;
    pub(super) const SPAN_LENGTH: u8 = 2;

    pub(super) const BUCKET_COUNT: u8 = 1;
    pub(super) const BUCKET_BOUND: u8 = 2;
    pub(super) const BUCKET_EXEMPLAR: u8 = 3;

    pub(super) const EXEMPLAR_LABEL: u8 = 1;
    pub(super) const EXEMPLAR_VALUE: u8 = 2;
    pub(super) const EXEMPLAR_TIME: u8 = 3;

    pub(super) const TIMESTAMP_SECONDS: u8 = 1;
    pub(super) const TIMESTAMP_NANOS: u8 = 2;
}

/// Writes the protobuf format. A family is buffered until it is complete, because its length is written first.
pub(super) struct Protobuf<'s> {
    page: Page<'s>,
    kind: MetricKind,
    /// The message so far.
    family: Vec<u8>,
    /// The length of the fields before the samples.
    header_len: usize,
    /// The series whose lines are being collected.
    gathered: Gathered,
}

pub(super) fn writer(sink: &mut dyn Sink) -> Protobuf<'_> {
    Protobuf {
        page: Page::new(sink),
        kind: MetricKind::Unknown,
        family: Vec::new(),
        header_len: 0,
        gathered: Gathered::default(),
    }
}

impl Writer for Protobuf<'_> {
    fn family(&mut self, header: &Header<'_>) {
        self.end_family();
        self.page.begin_family(header.name);
        self.kind = header.kind;
        let out = &mut self.family;
        push_message(out, field::FAMILY_NAME, |out| {
            out.extend_from_slice(header.name.as_bytes());
            out.extend_from_slice(header.kind.sample_suffix().as_bytes());
        });
        push_string(out, field::FAMILY_HELP, header.help);
        push_unsigned(out, field::FAMILY_TYPE, type_number(header.kind));
        if let Some(unit) = header.unit
            && is_last_word(unit, header)
        {
            push_string(out, field::FAMILY_UNIT, unit);
        }
        self.header_len = out.len();
    }

    fn sample(&mut self, labels: &str, value: Number, start: Option<Timestamp>) {
        self.single(labels, value.as_f64(), None, start);
    }

    fn histogram(&mut self, labels: &str, histogram: &Histogram<'_>) {
        push_metric(&mut self.family, labels, field::METRIC_HISTOGRAM, |out| {
            push_unsigned(out, field::COUNT, histogram.count());
            push_double(out, field::SUM, histogram.sum.as_f64());
            let bounds = histogram.bounds.values().iter().copied();
            let buckets = bounds.chain([f64::INFINITY]).zip(histogram.buckets);
            let mut count = 0;
            for (bucket, (bound, more)) in buckets.enumerate() {
                count += more;
                push_bucket(out, bound, count, histogram.exemplar(bucket).as_ref());
            }
            if let Some(native) = &histogram.native {
                push_native(out, native);
            }
            push_time(out, field::HISTOGRAM_START, histogram.start);
        });
    }

    fn summary(&mut self, labels: &str, summary: &Summary) {
        push_metric(&mut self.family, labels, field::METRIC_SUMMARY, |out| {
            push_unsigned(out, field::COUNT, summary.count);
            push_double(out, field::SUM, summary.sum);
            push_time(out, field::SUMMARY_START, summary.start);
        });
    }

    fn line(&mut self, line: &Line<'_>) {
        if matches!(self.kind, MetricKind::Histogram | MetricKind::Summary) {
            if !self.gathered.add(line) {
                self.end_series();
                self.gathered.add(line);
            }
        } else if line.suffix == self.kind.sample_suffix()
            && let Ok(value) = line.value.parse()
        {
            let exemplar = line.exemplar.and_then(read_exemplar);
            self.single(line.labels, value, exemplar.as_ref(), None);
        }
    }

    fn finish(&mut self) {
        self.end_family();
        self.page.finish();
    }
}

impl Protobuf<'_> {
    /// Writes a sample with a single value.
    fn single(
        &mut self,
        labels: &str,
        value: f64,
        exemplar: Option<&Exemplar<'_>>,
        start: Option<Timestamp>,
    ) {
        let field = match self.kind {
            MetricKind::Counter => field::METRIC_COUNTER,
            MetricKind::Unknown => field::METRIC_UNTYPED,
            _ => field::METRIC_GAUGE,
        };
        push_metric(&mut self.family, labels, field, |out| {
            push_double(out, field::VALUE, value);
            if field == field::METRIC_COUNTER {
                push_exemplar(out, field::COUNTER_EXEMPLAR, exemplar);
                push_time(out, field::COUNTER_START, start);
            }
        });
    }

    /// Writes the collected series.
    fn end_series(&mut self) {
        let Some(series) = self.gathered.take() else {
            return;
        };
        let field = match self.kind {
            MetricKind::Histogram => field::METRIC_HISTOGRAM,
            _ => field::METRIC_SUMMARY,
        };
        push_metric(&mut self.family, &series.labels, field, |out| {
            push_unsigned(out, field::COUNT, series.count);
            push_double(out, field::SUM, series.sum);
            if field == field::METRIC_HISTOGRAM {
                for bucket in &series.buckets {
                    let exemplar = bucket.exemplar.as_deref().and_then(read_exemplar);
                    push_bucket(out, bucket.bound, bucket.count, exemplar.as_ref());
                }
            }
        });
    }

    /// Passes the family on if it has samples.
    fn end_family(&mut self) {
        self.end_series();
        if self.family.len() > self.header_len {
            push_varint(self.page.chunk(), self.family.len() as u64);
            self.page.push_pieces(&self.family);
        }
        self.family.clear();
        self.header_len = 0;
    }
}

const fn type_number(kind: MetricKind) -> u64 {
    match kind {
        MetricKind::Counter => 0,
        MetricKind::Gauge | MetricKind::Info | MetricKind::StateSet => 1,
        MetricKind::Summary => 2,
        MetricKind::Unknown => 3,
        MetricKind::Histogram => 4,
    }
}

/// Whether the name ends with the unit. If it does not, Prometheus 3.5 to 3.8 reject the whole scrape.
fn is_last_word(unit: &str, header: &Header<'_>) -> bool {
    let stem = header.name.strip_suffix(unit);
    header.kind != MetricKind::Info && stem.is_some_and(|stem| stem.ends_with('_'))
}

/// Writes one series: its labels, and its value as a nested message.
fn push_metric(out: &mut Vec<u8>, labels: &str, field: u8, value: impl FnOnce(&mut Vec<u8>)) {
    push_message(out, field::FAMILY_METRIC, |out| {
        push_labels(out, field::METRIC_LABEL, labels);
        push_message(out, field, value);
    });
}

fn push_labels(out: &mut Vec<u8>, field: u8, labels: &str) {
    for (name, value) in Labels::new(labels) {
        push_message(out, field, |out| {
            push_string(out, field::LABEL_NAME, name);
            push_string(out, field::LABEL_VALUE, &unescape(value));
        });
    }
}

fn push_bucket(out: &mut Vec<u8>, bound: f64, count: u64, exemplar: Option<&Exemplar<'_>>) {
    push_message(out, field::HISTOGRAM_BUCKET, |out| {
        push_unsigned(out, field::BUCKET_COUNT, count);
        push_double(out, field::BUCKET_BOUND, bound);
        push_exemplar(out, field::BUCKET_EXEMPLAR, exemplar);
    });
}

/// Writes the fields of the native histogram.
fn push_native(out: &mut Vec<u8>, native: &Native<'_>) {
    push_signed(out, field::SCHEMA, native.schema.into());
    push_double(out, field::ZERO_THRESHOLD, native.zero_threshold);
    if native.zero_count > 0 {
        push_unsigned(out, field::ZERO_COUNT, native.zero_count);
    }
    for (gap, len) in spans(native.buckets) {
        push_message(out, field::POSITIVE_SPAN, |out| {
            push_signed(out, field::SPAN_OFFSET, gap.into());
            push_unsigned(out, field::SPAN_LENGTH, len.into());
        });
    }
    if !native.buckets.is_empty() {
        push_message(out, field::POSITIVE_DELTA, |out| {
            deltas(native.buckets).for_each(|delta| push_varint(out, zigzag(delta)));
        });
    }
}

fn push_exemplar(out: &mut Vec<u8>, field: u8, exemplar: Option<&Exemplar<'_>>) {
    if let Some(exemplar) = exemplar {
        push_message(out, field, |out| {
            push_labels(out, field::EXEMPLAR_LABEL, exemplar.labels);
            push_double(out, field::EXEMPLAR_VALUE, exemplar.value.as_f64());
            push_time(out, field::EXEMPLAR_TIME, exemplar.time);
        });
    }
}

/// Writes a timestamp, if it is known.
fn push_time(out: &mut Vec<u8>, field: u8, time: Option<Timestamp>) {
    const SECOND: u64 = 1_000_000_000;
    if let Some(time) = time {
        push_message(out, field, |out| {
            push_unsigned(out, field::TIMESTAMP_SECONDS, time.as_nanos() / SECOND);
            push_unsigned(out, field::TIMESTAMP_NANOS, time.as_nanos() % SECOND);
        });
    }
}

#[cfg(test)]
mod tests;
