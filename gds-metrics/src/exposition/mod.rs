//! Families and samples on paper: the writer, its formats, and finding a sample again.

mod bounds;
mod format;
mod kind;
mod labels;
mod lines;
mod openmetrics;
mod page;
pub(crate) mod sample;
mod text;
mod writer;

pub(crate) use self::{
    bounds::Bounds,
    format::open,
    labels::{push_label, push_label_value},
    page::{CHUNK, Sink, new_chunk},
    writer::{Header, Histogram, Line, Number, Source, Summary, Timestamp, Writer, write_counters},
};
pub use self::{format::Format, kind::MetricKind};
