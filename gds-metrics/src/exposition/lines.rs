//! Samples as lines, for both text formats.

use super::{
    Bounds, Exemplar, Header, Histogram, Line, MetricKind, Number, Sink, Summary, Timestamp,
    Writer,
    numbers::{push_number, push_seconds},
    page::{Page, push},
};

/// The differences between the text formats.
pub(super) trait Dialect {
    /// Writes the lines above a family's samples.
    fn header(&self, out: &mut Vec<u8>, header: &Header<'_>);

    /// Whether the format has `_created` lines, which contain the creation time of a series.
    fn has_created(&self) -> bool;

    /// Whether samples may have exemplars.
    const EXEMPLARS: bool;

    /// The end of an exposition.
    const END: &str;
}

/// Writes a text format.
pub(super) struct LineWriter<'s, D> {
    page: Page<'s>,
    dialect: D,
    kind: MetricKind,
    name: String,
    /// The name of most samples: the family's name, with `_total` or `_info` if its kind has that suffix.
    sample_name: String,
}

impl<'s, D: Dialect> LineWriter<'s, D> {
    pub(super) fn new(dialect: D, sink: &'s mut dyn Sink) -> Self {
        Self {
            page: Page::new(sink),
            dialect,
            kind: MetricKind::Unknown,
            name: String::new(),
            sample_name: String::new(),
        }
    }

    /// Writes `name_suffix{labels} value`.
    fn suffixed(&mut self, suffix: &str, labels: &str, value: Number) {
        let out = self.page.chunk();
        push(out, &self.name);
        push(out, suffix);
        push_labels(out, labels);
        push_number(out, value);
        out.push(b'\n');
    }

    /// Writes the creation time of a series, if it is known and wanted.
    fn created(&mut self, labels: &str, start: Option<Timestamp>) {
        if let Some(start) = start
            && self.dialect.has_created()
        {
            self.suffixed("_created", labels, Number::Nanos(start.as_nanos()));
        }
    }
}

impl<D: Dialect> Writer for LineWriter<'_, D> {
    fn family(&mut self, header: &Header<'_>) {
        self.page.begin_family(header.name);
        self.kind = header.kind;
        self.name.clear();
        self.name.push_str(header.name);
        self.sample_name.clear();
        self.sample_name.push_str(header.name);
        self.sample_name.push_str(header.kind.sample_suffix());
        self.dialect.header(self.page.chunk(), header);
        self.page.checkpoint();
    }

    fn sample(&mut self, labels: &str, value: Number, start: Option<Timestamp>) {
        let out = self.page.chunk();
        push(out, &self.sample_name);
        push_labels(out, labels);
        push_number(out, value);
        out.push(b'\n');
        if self.kind == MetricKind::Counter {
            self.created(labels, start);
        }
        self.page.checkpoint();
    }

    fn histogram(&mut self, labels: &str, histogram: &Histogram<'_>) {
        let out = self.page.chunk();
        let count = push_buckets(out, &self.name, labels, histogram, D::EXEMPLARS);
        self.suffixed("_sum", labels, histogram.sum);
        self.suffixed("_count", labels, Number::Unsigned(count));
        self.created(labels, histogram.start);
        self.page.checkpoint();
    }

    fn summary(&mut self, labels: &str, summary: &Summary) {
        self.suffixed("_sum", labels, Number::Float(summary.sum));
        self.suffixed("_count", labels, Number::Unsigned(summary.count));
        self.created(labels, summary.start);
        self.page.checkpoint();
    }

    fn line(&mut self, line: &Line<'_>) {
        let out = self.page.chunk();
        if let Some(whole) = line.whole
            && (D::EXEMPLARS || line.exemplar.is_none())
        {
            push(out, whole);
            self.page.checkpoint();
            return;
        }
        push(out, &self.name);
        push(out, line.suffix);
        push_labels(out, line.labels);
        push(out, line.value);
        if let Some(exemplar) = line.exemplar
            && D::EXEMPLARS
        {
            push(out, " # ");
            push(out, exemplar);
        }
        out.push(b'\n');
        self.page.checkpoint();
    }

    fn finish(&mut self) {
        self.page.push(D::END.as_bytes());
        self.page.finish();
    }
}

/// Writes the buckets and returns the count.
fn push_buckets(
    out: &mut Vec<u8>,
    name: &str,
    labels: &str,
    histogram: &Histogram<'_>,
    exemplars: bool,
) -> u64 {
    let start = out.len();
    push(out, name);
    push(out, "_bucket{");
    if !labels.is_empty() {
        push(out, labels);
        out.push(b',');
    }
    let name_and_labels = start..out.len();

    let mut count = 0;
    let mut digits = itoa::Buffer::new();
    let mut written = digits.format(count);
    let texts = Bounds::texts(histogram.bounds);
    for (bucket, (bound, more)) in texts.iter().zip(histogram.buckets).enumerate() {
        if bucket > 0 {
            // One copy instead of three.
            out.extend_from_within(name_and_labels.clone());
        }
        if *more > 0 {
            count += more;
            written = digits.format(count);
        }
        push(out, bound);
        push(out, written);
        if exemplars && let Some(exemplar) = histogram.exemplar(bucket) {
            push_exemplar(out, &exemplar);
        }
        out.push(b'\n');
    }
    count
}

/// Writes an exemplar after a bucket's value.
fn push_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar<'_>) {
    push(out, " # {");
    push(out, exemplar.labels);
    push(out, "} ");
    push_number(out, exemplar.value);
    if let Some(time) = exemplar.time {
        out.push(b' ');
        push_seconds(out, time.as_nanos());
    }
}

/// Writes the labels in braces and the space that follows.
#[inline]
fn push_labels(out: &mut Vec<u8>, labels: &str) {
    if labels.is_empty() {
        out.push(b' ');
    } else {
        out.push(b'{');
        push(out, labels);
        push(out, "} ");
    }
}

/// Writes `# <keyword> <name> `.
pub(super) fn push_comment(out: &mut Vec<u8>, keyword: &str, name: &str, suffix: &str) {
    push(out, "# ");
    push(out, keyword);
    out.push(b' ');
    push(out, name);
    push(out, suffix);
    out.push(b' ');
}

/// Writes a help text with its special characters escaped.
pub(super) fn push_help(out: &mut Vec<u8>, help: &str, quotes: bool) {
    for byte in help.bytes() {
        match byte {
            b'\\' => push(out, "\\\\"),
            b'\n' => push(out, "\\n"),
            b'"' if quotes => push(out, "\\\""),
            byte => out.push(byte),
        }
    }
    out.push(b'\n');
}
