//! Writes the metric families of the standard metrics.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use super::{
    blocking::{Blocking, LongPolls},
    cells::{Gauge, Observations, SIZE_BOUNDS, SeriesCells},
    labels::FOLDED,
    store::{Series, Store},
};
use crate::exposition::{
    Bounds, Header, Histogram, MetricKind, Number, Writer,
    exemplars::Exemplars,
    native::{Layout, Reading},
    write_counters,
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

const BLOCKING_POLLS: Header<'_> = Header {
    name: "http_server_blocking_polls",
    kind: MetricKind::Counter,
    unit: None,
    help: "Polls of requests that held their worker longer than the limit",
};
const BLOCKED: Header<'_> = Header {
    name: "http_server_blocked_seconds",
    kind: MetricKind::Counter,
    unit: Some("seconds"),
    help: "Time for which these polls held their worker in seconds",
};

/// The families written here, including those of groups that are off.
pub(crate) const FAMILIES: [Header<'_>; 11] = [
    DURATION,
    REQUESTS,
    EXCEPTIONS,
    FOLDED_REQUESTS,
    ACTIVE,
    REQUEST_SIZE,
    RESPONSE_SIZE,
    RESPONSE_DURATION,
    TRUNCATED,
    BLOCKING_POLLS,
    BLOCKED,
];

impl Store {
    /// Writes all families, each with its series in order.
    pub(crate) fn write(&self, writer: &mut dyn Writer) {
        let settings = self.settings();
        let all = &**self.sorted_series();
        let seconds = Bounds::new(settings.buckets.clone());

        let layouts = self.layouts();
        let duration = Histograms {
            header: &DURATION,
            bounds: &seconds,
            layout: layouts.map(|layouts| &*layouts.seconds),
            number: Number::Nanos,
            observations: |part| Some(&part.duration),
        };
        let counts = duration.write(writer, all);

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
        if let Some(blocking) = &self.blocking {
            self.write_blocking(writer, blocking);
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
        let layouts = self.layouts();
        let request_size = Histograms {
            header: &REQUEST_SIZE,
            bounds: &bytes,
            layout: layouts.map(|layouts| &*layouts.bytes),
            number: Number::Whole,
            observations: |part| Some(&part.extended.as_ref()?.request_size),
        };
        request_size.write(writer, all);
        let response_size = Histograms {
            header: &RESPONSE_SIZE,
            observations: |part| Some(&part.extended.as_ref()?.response_size),
            ..request_size
        };
        response_size.write(writer, all);
        let response_duration = Histograms {
            header: &RESPONSE_DURATION,
            bounds: seconds,
            layout: layouts.map(|layouts| &*layouts.seconds),
            number: Number::Nanos,
            observations: |part| Some(&part.extended.as_ref()?.response_duration),
        };
        response_duration.write(writer, all);

        let truncated = [
            ("client", &self.truncated.client),
            ("body_error", &self.truncated.body_error),
            ("panic", &self.truncated.panic),
        ];
        let truncated = truncated.map(|(reason, count)| (reason, count.load(Relaxed)));
        write_counters(writer, &TRUNCATED, "reason", truncated, None);
    }

    fn write_blocking(&self, writer: &mut dyn Writer, blocking: &Blocking) {
        let all = blocking.all().into_iter();
        let mut all: Vec<_> = all
            .map(|(path, counts)| (self.path_label_text(path), counts))
            .collect();
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (header, number) in [
            (
                &BLOCKING_POLLS,
                (|counts| Number::Unsigned(counts.polls)) as fn(&LongPolls) -> Number,
            ),
            (&BLOCKED, |counts| Number::Nanos(counts.nanos)),
        ] {
            writer.family(header);
            for (labels, counts) in &all {
                writer.sample(labels, number(counts), Some(counts.created));
            }
        }
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

struct Histograms<'f> {
    header: &'f Header<'f>,
    bounds: &'f Bounds,
    /// The layout of the native form, if there is one.
    layout: Option<&'f Layout>,
    /// Converts a recorded value to a number of the exposition.
    number: fn(u64) -> Number,
    observations: fn(&SeriesCells) -> Option<&Observations>,
}

impl Histograms<'_> {
    /// Writes the histograms, each from one reading of the cells of all recorders, and returns the
    /// count of each.
    fn write(&self, writer: &mut dyn Writer, all: &[Arc<Series>]) -> Vec<u64> {
        writer.family(self.header);
        let buckets = self.bounds.values().len() + 1;
        let mut sums = vec![0; self.layout.map_or(buckets, Layout::cells)];
        let mut reading = Reading::default();
        let mut counts = Vec::with_capacity(all.len());
        for series in all {
            let parts = || series.parts().filter_map(self.observations);
            // Exemplars are read before the counts, so that every observation with an exemplar is
            // counted.
            let exemplars = parts().filter_map(|part| part.exemplars.as_deref());
            let exemplars = Exemplars::read(exemplars, self.number);
            sums.fill(0);
            let mut total = 0_u64;
            for part in parts() {
                part.cells.add_to(&mut sums);
                total = total.wrapping_add(part.cells.sum());
            }
            let buckets = match self.layout {
                Some(layout) => {
                    layout.read(&sums, &mut reading);
                    &reading.classic
                }
                None => &sums,
            };
            let histogram = Histogram {
                bounds: self.bounds,
                buckets,
                sum: (self.number)(total),
                native: reading.native(),
                exemplars: &exemplars.exemplars(),
                start: Some(series.created()),
            };
            writer.histogram(series.labels(), &histogram);
            counts.push(histogram.count());
        }
        counts
    }
}
