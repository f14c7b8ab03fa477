//! Writing an exposition: the bytes of a scrape, family by family, in either text format.
//!
//! What differs between the formats is in [`text`] and [`openmetrics`]; this module is the paper
//! both write on. It comes in chunks, so that a large exposition never needs one large piece of
//! memory, and so that compression can follow while it is being written.

mod kind;
mod openmetrics;
pub(crate) mod sample;
mod text;

use std::fmt;

pub use self::kind::MetricKind;

/// A text format of the exposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// The classic text format 0.0.4, which every Prometheus reads.
    ///
    /// See <https://prometheus.io/docs/instrumenting/exposition_formats/>.
    Text,
    /// OpenMetrics 1.0.0.
    ///
    /// See <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>.
    OpenMetrics,
}

impl Format {
    /// The value of the `Content-Type` header that belongs to this format.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => text::CONTENT_TYPE,
            Self::OpenMetrics => openmetrics::CONTENT_TYPE,
        }
    }
}

/// What the lines above a family's samples say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header<'a> {
    /// The family's name: without the `_total` of a counter and the `_info` of an info, with the
    /// unit at its end if it has one.
    pub(crate) name: &'a str,
    pub(crate) kind: MetricKind,
    pub(crate) unit: Option<&'a str>,
    /// Unescaped.
    pub(crate) help: &'a str,
}

/// Takes the finished parts of an exposition.
pub(crate) trait Sink {
    /// Takes what `chunk` holds and leaves it empty, with room for the next part: see [`new_chunk`].
    fn take(&mut self, chunk: &mut String);
}

impl Sink for String {
    fn take(&mut self, chunk: &mut String) {
        self.push_str(chunk);
        chunk.clear();
    }
}

/// A chunk is handed on when it has reached this size, in bytes.
pub(crate) const CHUNK: usize = 64 * 1024;
/// Room beyond that for the lines written between two checkpoints, so that a chunk need not grow,
/// which would double it.
const MARGIN: usize = 8 * 1024;

/// An empty chunk.
pub(crate) fn new_chunk() -> String {
    String::with_capacity(CHUNK + MARGIN)
}

/// An exposition that is being written.
pub(crate) struct Exposition<'s> {
    format: Format,
    chunk: String,
    sink: &'s mut dyn Sink,
}

impl<'s> Exposition<'s> {
    pub(crate) fn new(format: Format, sink: &'s mut dyn Sink) -> Self {
        Self {
            format,
            chunk: new_chunk(),
            sink,
        }
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Begins a family.
    pub(crate) fn family(&mut self, header: &Header<'_>) {
        match self.format {
            Format::Text => text::header(&mut self.chunk, header),
            Format::OpenMetrics => openmetrics::header(&mut self.chunk, header),
        }
        self.checkpoint();
    }

    /// Where whole lines are written to. Call [`checkpoint`](Self::checkpoint) after a few of them.
    pub(crate) fn lines(&mut self) -> &mut String {
        &mut self.chunk
    }

    /// Hands the chunk on if it has become large.
    pub(crate) fn checkpoint(&mut self) {
        if self.chunk.len() >= CHUNK {
            self.sink.take(&mut self.chunk);
        }
    }

    /// Ends the exposition.
    pub(crate) fn finish(mut self) {
        if self.format == Format::OpenMetrics {
            self.chunk.push_str(openmetrics::END);
        }
        self.sink.take(&mut self.chunk);
    }
}

impl fmt::Debug for Exposition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exposition")
            .field("format", &self.format)
            .field("pending", &self.chunk.len())
            .finish_non_exhaustive()
    }
}

/// Appends `value` with the escapes of a label value: `\\`, `\"` and `\n`.
pub(crate) fn push_label_value(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
}

/// Appends `# <keyword> <name> `.
fn push_comment(out: &mut String, keyword: &str, name: &str, suffix: &str) {
    out.push_str("# ");
    out.push_str(keyword);
    out.push(' ');
    out.push_str(name);
    out.push_str(suffix);
    out.push(' ');
}
