//! Writing the standard metrics, and the two that tell of folding.

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::{
    labels::FOLDED,
    series::{Cells, Extended, SIZE_BOUNDS, Series, Truncated},
    store::Store,
};
use crate::exposition::{Exposition, Header, MetricKind, push_label_value};

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

const ACTIVE: Header<'_> = Header {
    name: "http_server_active_requests",
    kind: MetricKind::Gauge,
    unit: None,
    help: "Requests in flight, until their response's body is finished or dropped",
};
const REQUEST_SIZE: Header<'_> = Header {
    name: "http_server_request_body_size_bytes",
    kind: MetricKind::Histogram,
    unit: Some("bytes"),
    help: "Bytes read of the request's body",
};
const RESPONSE_SIZE: Header<'_> = Header {
    name: "http_server_response_body_size_bytes",
    kind: MetricKind::Histogram,
    unit: Some("bytes"),
    help: "Bytes of the response's body that were handed to the server",
};
const RESPONSE_DURATION: Header<'_> = Header {
    name: "http_server_response_duration_seconds",
    kind: MetricKind::Histogram,
    unit: Some("seconds"),
    help: "Time from the start of the request to the end of the response's body in seconds",
};
const TRUNCATED: Header<'_> = Header {
    name: "http_server_responses_truncated",
    kind: MetricKind::Counter,
    unit: None,
    help: "Responses whose head went out and whose body did not",
};

/// The families written here, whether or not the extended group is on.
pub(crate) const FAMILIES: [Header<'_>; 9] = [
    DURATION,
    REQUESTS,
    EXCEPTIONS,
    FOLDED_REQUESTS,
    ACTIVE,
    REQUEST_SIZE,
    RESPONSE_SIZE,
    RESPONSE_DURATION,
    TRUNCATED,
];

impl Store {
    /// Writes all of them, each with its series in order.
    pub(crate) fn expose(&self, exposition: &mut Exposition<'_>) {
        let settings = self.settings();
        let all = &**self.sorted_series();
        let seconds = bound_texts(settings.buckets.iter().copied());

        let mut counts = Vec::with_capacity(all.len());
        exposition.family(&DURATION);
        for series in all {
            let labels = series.labels();
            let count = write_histogram(
                exposition,
                &DURATION,
                labels,
                &series.duration,
                &seconds,
                push_seconds,
            );
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

        let folded = [("host", &self.folded.host), ("path", &self.folded.path)];
        write_counters(exposition, &FOLDED_REQUESTS, "reason", &folded);

        if settings.extended {
            self.expose_extended(exposition, all, &seconds);
        }
    }

    fn expose_extended(
        &self,
        exposition: &mut Exposition<'_>,
        all: &[Arc<Series>],
        seconds: &[String],
    ) {
        let mut active = Vec::new();
        self.active_from(0, |_, each| active.push(Arc::clone(each)));
        active.sort_by(|a, b| a.labels().cmp(b.labels()));
        exposition.family(&ACTIVE);
        for each in active {
            let lines = exposition.lines();
            let _ = writeln!(
                lines,
                "{}{{{}}} {}",
                ACTIVE.name,
                each.labels(),
                each.count()
            );
        }

        let bytes = bound_texts(SIZE_BOUNDS.iter().map(|&bound| bound as f64));
        for (header, cells, bounds, push_sum) in [
            (
                &REQUEST_SIZE,
                (|extended| &extended.request_size) as fn(&Extended) -> &Cells,
                &*bytes,
                push_bytes as PushSum,
            ),
            (
                &RESPONSE_SIZE,
                |extended| &extended.response_size,
                &*bytes,
                push_bytes,
            ),
            (
                &RESPONSE_DURATION,
                |extended| &extended.response_duration,
                seconds,
                push_seconds,
            ),
        ] {
            exposition.family(header);
            for series in all {
                if let Some(extended) = &series.extended {
                    write_histogram(
                        exposition,
                        header,
                        series.labels(),
                        cells(extended),
                        bounds,
                        push_sum,
                    );
                }
            }
        }

        let Truncated {
            client,
            body_error,
            panic,
        } = &self.truncated;
        let truncated = [
            ("client", client),
            ("body_error", body_error),
            ("panic", panic),
        ];
        write_counters(exposition, &TRUNCATED, "reason", &truncated);
    }

    fn expose_exceptions(&self, exposition: &mut Exposition<'_>) {
        let mut kinds = Vec::new();
        self.errors_from(0, |(kind, count)| {
            kinds.push((kind.clone(), count.load(Relaxed)));
        });
        kinds.sort();

        exposition.family(&EXCEPTIONS);
        let lines = exposition.lines();
        let name = EXCEPTIONS.name;
        for (kind, count) in kinds {
            push_counter(lines, name, "error", &kind, count);
        }
        let beyond = self.errors_beyond();
        if beyond > 0 {
            push_counter(lines, name, "error", FOLDED, beyond);
        }
    }
}

/// What stands between a bucket's labels and its value, for each bound and `+Inf`.
fn bound_texts(bounds: impl Iterator<Item = f64>) -> Vec<String> {
    bounds
        // `Debug` writes `1.0` and `1e16` where `Display` writes `1` and all the noughts.
        .map(|bound| format!(",le=\"{bound:?}\"}} "))
        .chain([",le=\"+Inf\"} ".to_owned()])
        .collect()
}

type PushSum = fn(&mut String, u64);

/// Writes one label set of a histogram, and gives its count.
fn write_histogram(
    exposition: &mut Exposition<'_>,
    header: &Header<'_>,
    labels: &str,
    cells: &Cells,
    bounds: &[String],
    push_sum: PushSum,
) -> u64 {
    let lines = exposition.lines();
    let start = lines.len();
    lines.push_str(header.name);
    lines.push_str("_bucket{");
    lines.push_str(labels);
    let name_and_labels = start..lines.len();

    let mut count = 0;
    let mut digits = itoa::Buffer::new();
    let mut written = digits.format(count);
    for (bucket, bound) in bounds.iter().enumerate() {
        if bucket > 0 {
            // One copy instead of three.
            lines.extend_from_within(name_and_labels.clone());
        }
        let more = cells.bucket(bucket);
        if more > 0 {
            count += more;
            written = digits.format(count);
        }
        lines.push_str(bound);
        lines.push_str(written);
        lines.push('\n');
    }
    lines.push_str(header.name);
    lines.push_str("_sum{");
    lines.push_str(labels);
    lines.push_str("} ");
    push_sum(lines, cells.sum());
    lines.push('\n');
    lines.push_str(header.name);
    lines.push_str("_count{");
    lines.push_str(labels);
    lines.push_str("} ");
    push_integer(lines, count);
    lines.push('\n');
    exposition.checkpoint();
    count
}

/// Writes a family of counters that one label tells apart.
pub(crate) fn write_counters(
    exposition: &mut Exposition<'_>,
    header: &Header<'_>,
    label: &str,
    counts: &[(&str, &AtomicU64)],
) {
    exposition.family(header);
    for (value, count) in counts {
        push_counter(
            exposition.lines(),
            header.name,
            label,
            value,
            count.load(Relaxed),
        );
    }
}

fn push_counter(lines: &mut String, name: &str, label: &str, value: &str, count: u64) {
    lines.push_str(name);
    lines.push_str("_total{");
    lines.push_str(label);
    lines.push_str("=\"");
    push_label_value(lines, value);
    lines.push_str("\"} ");
    push_integer(lines, count);
    lines.push('\n');
}

fn push_integer(lines: &mut String, value: u64) {
    lines.push_str(itoa::Buffer::new().format(value));
}

fn push_bytes(lines: &mut String, bytes: u64) {
    push_integer(lines, bytes);
    lines.push_str(".0");
}

/// Nanoseconds as seconds, exactly.
fn push_seconds(lines: &mut String, nanos: u64) {
    const SECOND: u64 = 1_000_000_000;
    push_integer(lines, nanos / SECOND);
    lines.push('.');
    // The digit in front keeps the noughts that follow the point.
    let mut digits = itoa::Buffer::new();
    let fraction = digits.format(SECOND + nanos % SECOND).get(1..);
    lines.push_str(match fraction.map(|digits| digits.trim_end_matches('0')) {
        None | Some("") => "0",
        Some(fraction) => fraction,
    });
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
