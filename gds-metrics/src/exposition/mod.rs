//! Writes families and samples in each format, and finds a sample in a text.

mod bounds;
pub(crate) mod exemplars;
mod format;
mod gathered;
mod kind;
mod labels;
mod lines;
pub(crate) mod native;
mod numbers;
mod openmetrics;
mod page;
mod protobuf;
pub(crate) mod sample;
mod text;
mod wire;
mod writer;

#[cfg(test)]
pub(crate) use self::format::open;
pub(crate) use self::{
    bounds::Bounds,
    format::open_with,
    labels::push_label,
    page::{CHUNK, Sink},
    writer::{
        Cost, Exemplar, Header, Histogram, Line, Native, Number, Options, Source, Summary,
        Timestamp, Writer, write_counters,
    },
};
pub use self::{exemplars::TraceContext, format::Format, kind::MetricKind};
