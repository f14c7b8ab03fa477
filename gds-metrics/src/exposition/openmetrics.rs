//! OpenMetrics 1.0.0.
//!
//! <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>

use super::{Header, MetricKind, push_comment, push_label_value};

pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The line an exposition must end with, and after which nothing may come.
pub(super) const END: &str = "# EOF\n";

/// Writes `# HELP`, `# TYPE` and `# UNIT`.
pub(super) fn header(out: &mut String, header: &Header<'_>) {
    push_comment(out, "HELP", header.name, "");
    // Unlike the classic format, this one escapes a help as it does a label value.
    push_label_value(out, header.help);
    out.push('\n');

    push_comment(out, "TYPE", header.name, "");
    out.push_str(match header.kind {
        MetricKind::Counter => "counter",
        MetricKind::Gauge => "gauge",
        MetricKind::Histogram => "histogram",
        MetricKind::Summary => "summary",
        MetricKind::Info => "info",
        MetricKind::StateSet => "stateset",
        MetricKind::Unknown => "unknown",
    });
    out.push('\n');

    if let Some(unit) = header.unit {
        push_comment(out, "UNIT", header.name, "");
        out.push_str(unit);
        out.push('\n');
    }
}
