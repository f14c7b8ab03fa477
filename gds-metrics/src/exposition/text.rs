//! The classic text format, version 0.0.4.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>

use super::{Header, MetricKind, push_comment};

pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Writes `# HELP` and `# TYPE`. This format knows neither units nor infos nor state sets: the
/// latter two are gauges here, and a family is named as its samples are.
pub(super) fn header(out: &mut String, header: &Header<'_>) {
    let (kind, suffix) = match header.kind {
        MetricKind::Counter => ("counter", "_total"),
        MetricKind::Gauge | MetricKind::StateSet => ("gauge", ""),
        MetricKind::Histogram => ("histogram", ""),
        MetricKind::Summary => ("summary", ""),
        MetricKind::Info => ("gauge", "_info"),
        MetricKind::Unknown => ("untyped", ""),
    };

    push_comment(out, "HELP", header.name, suffix);
    for c in header.help.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('\n');

    push_comment(out, "TYPE", header.name, suffix);
    out.push_str(kind);
    out.push('\n');
}
