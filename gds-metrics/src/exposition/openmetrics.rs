//! OpenMetrics 1.0.0.
//!
//! <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>

use super::{
    Header, Options, Sink,
    lines::{Dialect, LineWriter, push_comment, push_help},
    page::push,
};

pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(super) fn writer(options: Options, sink: &mut dyn Sink) -> LineWriter<'_, OpenMetrics> {
    LineWriter::new(OpenMetrics { options }, sink)
}

pub(super) struct OpenMetrics {
    options: Options,
}

impl Dialect for OpenMetrics {
    const EXEMPLARS: bool = true;
    const END: &str = "# EOF\n";

    fn has_created(&self) -> bool {
        self.options.created
    }

    fn header(&self, out: &mut Vec<u8>, header: &Header<'_>) {
        push_comment(out, "HELP", header.name, "");
        // Unlike the classic format, OpenMetrics escapes quotes in a help text.
        push_help(out, header.help, true);
        push_comment(out, "TYPE", header.name, "");
        push(out, header.kind.as_str());
        out.push(b'\n');
        if let Some(unit) = header.unit {
            push_comment(out, "UNIT", header.name, "");
            push(out, unit);
            out.push(b'\n');
        }
    }
}
