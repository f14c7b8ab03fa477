//! The trace that a request belongs to.

use actix_web::{HttpMessage, HttpRequest, http::header::HeaderName};

use super::bucket;
use crate::exposition::{
    Timestamp, TraceContext,
    exemplars::{Exemplars, is_sampled, parse},
};

static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Keeps the trace of a request, if it has one, as the exemplar of its duration, and in `later` for
/// what is recorded later.
///
/// The application's own trace takes precedence over the client's. The header is parsed only if an
/// exemplar would be kept.
#[inline(never)]
pub(super) fn keep_exemplar(
    exemplars: &Exemplars,
    bounds: &[u64],
    req: &HttpRequest,
    nanos: u64,
    later: Option<&mut Option<TraceContext>>,
) {
    if let Some(own) = req.extensions().get::<TraceContext>() {
        keep_trace(exemplars, bounds, nanos, later, || Some(*own));
    } else if let Some(header) = sampled_header(req) {
        keep_trace(exemplars, bounds, nanos, later, || parse(header));
    }
}

#[inline(never)]
fn keep_trace(
    exemplars: &Exemplars,
    bounds: &[u64],
    nanos: u64,
    later: Option<&mut Option<TraceContext>>,
    trace: impl Fn() -> Option<TraceContext>,
) {
    keep(exemplars, bounds, nanos, Timestamp::now(), &trace);
    if let Some(later) = later {
        *later = trace();
    }
}

/// Keeps a trace as the exemplar of the bucket of `amount`.
pub(super) fn keep(
    exemplars: &Exemplars,
    bounds: &[u64],
    amount: u64,
    now: Timestamp,
    trace: impl FnOnce() -> Option<TraceContext>,
) {
    let bucket = bucket(bounds, amount);
    if exemplars.is_due(bucket, now)
        && let Some(trace) = trace()
    {
        exemplars.keep(bucket, bounds.len() + 1, &trace, amount, now);
    }
}

/// The header of a trace that may be sampled. If there are several headers, all are ignored.
#[inline]
fn sampled_header(req: &HttpRequest) -> Option<&[u8]> {
    let headers = req.headers();
    // `get` is cheaper than `get_all`, and usually there is no header.
    let header = headers.get(&TRACEPARENT)?.as_bytes();
    (is_sampled(header) && headers.get_all(&TRACEPARENT).nth(1).is_none()).then_some(header)
}
