//! Writing the standard metrics, and the two that tell of folding.

use std::{fmt::Write as _, sync::atomic::Ordering::Relaxed};

use super::store::Store;
use crate::{
    exposition::{Exposition, Header, push_label_value},
    schema::MetricKind,
};

const DURATION: Header<'_> = Header {
    name: "http_server_request_duration_seconds",
    kind: MetricKind::Histogram,
    unit: Some("seconds"),
    help: "Server request duration in seconds",
};
const REQUESTS: Header<'_> = Header {
    name: "http_server_requests",
    kind: MetricKind::Counter,
    unit: None,
    help: "Total requests",
};
const EXCEPTIONS: Header<'_> = Header {
    name: "http_server_exceptions",
    kind: MetricKind::Counter,
    unit: None,
    help: "Total number of exceptions",
};
const FOLDED_REQUESTS: Header<'_> = Header {
    name: "gds_metrics_folded_requests",
    kind: MetricKind::Counter,
    unit: None,
    help: "Requests recorded under _other for a label, because there were too many of its values",
};

/// The families written here.
pub(crate) const FAMILIES: [Header<'_>; 4] = [DURATION, REQUESTS, EXCEPTIONS, FOLDED_REQUESTS];

impl Store {
    /// Writes all of them, each with its series in order.
    pub(crate) fn expose(&self, exposition: &mut Exposition<'_>) {
        let bounds = self.bound_texts();
        let all = self.sorted_series();
        let mut counts = Vec::with_capacity(all.len());

        exposition.family(&DURATION);
        for series in &**all {
            let labels = series.labels();
            let lines = exposition.lines();
            let mut count = 0;
            for (bucket, bound) in bounds.iter().enumerate() {
                count += series.bucket(bucket);
                lines.push_str("http_server_request_duration_seconds_bucket{");
                lines.push_str(labels);
                lines.push_str(bound);
                push_integer(lines, count);
                lines.push('\n');
            }
            lines.push_str("http_server_request_duration_seconds_sum{");
            lines.push_str(labels);
            lines.push_str("} ");
            push_seconds(lines, series.sum());
            lines.push_str("\nhttp_server_request_duration_seconds_count{");
            lines.push_str(labels);
            lines.push_str("} ");
            push_integer(lines, count);
            lines.push('\n');
            exposition.checkpoint();
            counts.push(count);
        }

        exposition.family(&REQUESTS);
        for (series, count) in all.iter().zip(counts) {
            let lines = exposition.lines();
            lines.push_str("http_server_requests_total{");
            lines.push_str(series.labels());
            lines.push_str("} ");
            push_integer(lines, count);
            lines.push('\n');
            exposition.checkpoint();
        }

        self.expose_exceptions(exposition);

        exposition.family(&FOLDED_REQUESTS);
        for (reason, count) in [("host", &self.folded.host), ("path", &self.folded.path)] {
            let name = "gds_metrics_folded_requests_total";
            push_counter(
                exposition.lines(),
                name,
                "reason",
                reason,
                count.load(Relaxed),
            );
        }
    }

    fn expose_exceptions(&self, exposition: &mut Exposition<'_>) {
        let mut kinds = Vec::new();
        self.errors_from(0, |(kind, count)| {
            kinds.push((kind.clone(), count.load(Relaxed)))
        });
        kinds.sort();

        exposition.family(&EXCEPTIONS);
        let lines = exposition.lines();
        let name = "http_server_exceptions_total";
        for (kind, count) in kinds {
            push_counter(lines, name, "error", &kind, count);
        }
        let beyond = self.errors_beyond();
        if beyond > 0 {
            push_counter(lines, name, "error", super::labels::FOLDED, beyond);
        }
    }

    /// What stands between a bucket's labels and its value.
    fn bound_texts(&self) -> Vec<String> {
        let buckets = self.settings().buckets.iter();
        let mut texts: Vec<String> = buckets
            // `Debug` writes `1.0` and `1e16` where `Display` writes `1` and all the noughts.
            .map(|bound| format!(",le=\"{bound:?}\"}} "))
            .collect();
        texts.push(",le=\"+Inf\"} ".to_owned());
        texts
    }
}

fn push_counter(lines: &mut String, name: &str, label: &str, value: &str, count: u64) {
    lines.push_str(name);
    lines.push('{');
    lines.push_str(label);
    lines.push_str("=\"");
    push_label_value(lines, value);
    lines.push_str("\"} ");
    push_integer(lines, count);
    lines.push('\n');
}

fn push_integer(lines: &mut String, value: u64) {
    // Writing to a `String` cannot fail.
    let _ = write!(lines, "{value}");
}

/// Nanoseconds as seconds, exactly.
fn push_seconds(lines: &mut String, nanos: u64) {
    let (whole, fraction) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    if fraction == 0 {
        let _ = write!(lines, "{whole}.0");
    } else {
        let _ = write!(lines, "{whole}.{fraction:09}");
        let end = lines.trim_end_matches('0').len();
        lines.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds() {
        for (nanos, expected) in [
            (0, "0.0"),
            (1, "0.000000001"),
            (1_000_000_000, "1.0"),
            (1_500_000_000, "1.5"),
            (10_000_000_010, "10.00000001"),
            (u64::MAX, "18446744073.709551615"),
        ] {
            let mut text = String::new();
            push_seconds(&mut text, nanos);
            assert_eq!(text, expected);
        }
    }
}
