//! The trace that a request belongs to.

use std::panic::{AssertUnwindSafe, catch_unwind};

use actix_web::{HttpMessage, HttpRequest, http::header::HeaderName};

use super::bucket;
use crate::exposition::{
    Timestamp, TraceContext,
    exemplars::{Exemplars, is_sampled, parse},
};

static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The trace of a request.
#[derive(Debug)]
pub(super) enum Trace<'r> {
    /// The application's own, which takes precedence over the client's.
    Own(TraceContext),
    /// A header that may be valid.
    Header(&'r [u8]),
}

impl<'r> Trace<'r> {
    #[inline(always)]
    pub(super) fn of(req: &'r HttpRequest) -> Option<Self> {
        // A task of the application may hold `extensions_mut()`, which Actix answers with a panic.
        let own = || req.extensions().get::<TraceContext>().copied();
        match catch_unwind(AssertUnwindSafe(own)) {
            Ok(Some(own)) => Some(Self::Own(own)),
            Ok(None) => sampled_header(req).map(Self::Header),
            Err(_) => None,
        }
    }

    fn context(&self) -> Option<TraceContext> {
        match self {
            Self::Own(own) => Some(*own),
            Self::Header(header) => parse(header),
        }
    }

    /// Keeps the trace as the exemplar of a request's duration, and in `later` for what is recorded
    /// later. The header is parsed only if this is needed.
    #[cold]
    pub(super) fn keep(
        &self,
        exemplars: &Exemplars,
        bounds: &[u64],
        nanos: u64,
        later: Option<&mut Option<TraceContext>>,
    ) {
        keep(exemplars, bounds, nanos, Timestamp::now(), || {
            self.context()
        });
        if let Some(later) = later {
            *later = self.context();
        }
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
