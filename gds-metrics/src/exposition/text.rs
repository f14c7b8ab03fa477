//! The classic text format, version 0.0.4.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>

use super::{
    Header, MetricKind, Sink,
    lines::{Dialect, LineWriter, push_comment, push_help},
    page::push,
};

pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn writer(sink: &mut dyn Sink) -> LineWriter<'_, Text> {
    LineWriter::new(Text, sink)
}

/// This format has no units, infos or state sets. Infos and state sets are written as gauges, and the family
/// has the name of its samples.
pub(super) struct Text;

impl Dialect for Text {
    // With an exemplar, Prometheus rejects the whole scrape.
    const EXEMPLARS: bool = false;
    const END: &str = "";

    fn has_created(&self) -> bool {
        false
    }

    fn header(&self, out: &mut Vec<u8>, header: &Header<'_>) {
        let kind = match header.kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge | MetricKind::StateSet | MetricKind::Info => "gauge",
            MetricKind::Histogram => "histogram",
            MetricKind::Summary => "summary",
            MetricKind::Unknown => "untyped",
        };
        let suffix = header.kind.sample_suffix();
        push_comment(out, "HELP", header.name, suffix);
        push_help(out, header.help, false);
        push_comment(out, "TYPE", header.name, suffix);
        push(out, kind);
        out.push(b'\n');
    }
}
