//! The trace that a request belongs to.

use actix_web::{HttpMessage, HttpRequest, http::header::HeaderName};

use super::bucket;
use crate::exposition::{
    Timestamp, TraceContext,
    exemplars::{Exemplars, is_sampled, parse},
};

static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Keeps the trace of a request as the exemplar of its duration, if it has one.
///
/// The application's own trace goes before the client's. What costs least comes first: the header is
/// parsed only if an exemplar would be taken.
#[inline(never)]
pub(super) fn keep_exemplar(exemplars: &Exemplars, bounds: &[u64], req: &HttpRequest, nanos: u64) {
    let own = req.extensions().get::<TraceContext>().copied();
    let header = match own {
        Some(_) => None,
        None => match sampled_header(req) {
            None => return,
            header => header,
        },
    };
    let bucket = bucket(bounds, nanos);
    let now = Timestamp::now();
    if !exemplars.is_due(bucket, now) {
        return;
    }
    if let Some(trace) = own.or_else(|| parse(header?)) {
        exemplars.keep(bucket, bounds.len() + 1, &trace, nanos, now);
    }
}

/// The header of a trace that may be sampled. Of several, none is believed.
fn sampled_header(req: &HttpRequest) -> Option<&[u8]> {
    let mut all = req.headers().get_all(&TRACEPARENT);
    let header = all.next()?.as_bytes();
    (all.next().is_none() && is_sampled(header)).then_some(header)
}
