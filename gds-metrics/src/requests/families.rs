//! Writing the families of the standard metrics.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use super::{
    cells::{Cells, ExtendedCells, Gauge, SIZE_BOUNDS, SeriesCells},
    labels::FOLDED,
    store::{Series, Store},
};
use crate::exposition::{Bounds, Header, Histogram, MetricKind, Number, Writer, write_counters};

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
    pub(crate) fn write(&self, writer: &mut dyn Writer) {
        let settings = self.settings();
        let all = &**self.sorted_series();
        let seconds = Bounds::new(settings.buckets.clone());

        let counts = write_histograms(writer, &DURATION, &seconds, Number::Nanos, all, |cells| {
            Some(&cells.duration)
        });

        writer.family(&REQUESTS);
        for (series, count) in all.iter().zip(counts) {
            let count = Number::Unsigned(count);
            writer.sample(series.labels(), count, Some(series.created()));
        }

        self.write_exceptions(writer);

        let folded = [("host", &self.folded.host), ("path", &self.folded.path)];
        let folded = folded.map(|(reason, count)| (reason, count.load(Relaxed)));
        write_counters(writer, &FOLDED_REQUESTS, "reason", folded, None);

        if settings.extended {
            self.write_extended(writer, all, &seconds);
        }
    }

    fn write_extended(&self, writer: &mut dyn Writer, all: &[Arc<Series>], seconds: &Bounds) {
        let mut active = Vec::new();
        self.active_from(0, |_, each| active.push(Arc::clone(each)));
        active.sort_by(|a, b| a.labels().cmp(b.labels()));
        writer.family(&ACTIVE);
        for each in active {
            let count = each.parts().map(Gauge::value).sum();
            writer.sample(each.labels(), Number::Signed(count), None);
        }

        let bytes = Bounds::new(SIZE_BOUNDS.map(|bound| bound as f64));
        for (header, cells, bounds, sum) in [
            (
                &REQUEST_SIZE,
                (|extended| &extended.request_size) as fn(&ExtendedCells) -> &Cells,
                &bytes,
                Number::Whole as fn(u64) -> Number,
            ),
            (
                &RESPONSE_SIZE,
                |extended| &extended.response_size,
                &bytes,
                Number::Whole,
            ),
            (
                &RESPONSE_DURATION,
                |extended| &extended.response_duration,
                seconds,
                Number::Nanos,
            ),
        ] {
            write_histograms(writer, header, bounds, sum, all, |part| {
                part.extended.as_deref().map(cells)
            });
        }

        let truncated = [
            ("client", &self.truncated.client),
            ("body_error", &self.truncated.body_error),
            ("panic", &self.truncated.panic),
        ];
        let truncated = truncated.map(|(reason, count)| (reason, count.load(Relaxed)));
        write_counters(writer, &TRUNCATED, "reason", truncated, None);
    }

    fn write_exceptions(&self, writer: &mut dyn Writer) {
        let mut kinds = Vec::new();
        self.errors_from(0, |(kind, count)| {
            kinds.push((kind.clone(), count.load(Relaxed)));
        });
        kinds.sort();
        let beyond = self.errors_beyond();
        if beyond > 0 {
            kinds.push((FOLDED.into(), beyond));
        }
        let kinds = kinds.iter().map(|(kind, count)| (&**kind, *count));
        write_counters(writer, &EXCEPTIONS, "error", kinds, None);
    }
}

/// Writes a family of histograms, each from one reading of the cells that all recorders have of it,
/// and returns the count of each.
fn write_histograms(
    writer: &mut dyn Writer,
    header: &Header<'_>,
    bounds: &Bounds,
    sum: fn(u64) -> Number,
    all: &[Arc<Series>],
    cells: impl Fn(&SeriesCells) -> Option<&Cells>,
) -> Vec<u64> {
    writer.family(header);
    let mut buckets = vec![0; bounds.values().len() + 1];
    let mut counts = Vec::with_capacity(all.len());
    for series in all {
        buckets.fill(0);
        let mut total = 0_u64;
        for cells in series.parts().filter_map(&cells) {
            for (bucket, count) in buckets.iter_mut().enumerate() {
                *count += cells.bucket(bucket);
            }
            total = total.wrapping_add(cells.sum());
        }
        let histogram = Histogram {
            bounds,
            buckets: &buckets,
            sum: sum(total),
            native: None,
            exemplars: &[],
            start: Some(series.created()),
        };
        writer.histogram(series.labels(), &histogram);
        counts.push(histogram.count());
    }
    counts
}
