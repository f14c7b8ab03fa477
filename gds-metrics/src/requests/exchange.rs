//! A request and its response in progress, as the extended group counts them.

use std::{
    cell::Cell,
    pin::Pin,
    rc::Rc,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    task::{Context, Poll},
    time::Instant,
};

use actix_web::{
    HttpMessage,
    body::BodySize,
    dev::{Payload, ServiceRequest},
    error::PayloadError,
    http::{
        StatusCode,
        header::{self, HeaderMap},
    },
    web::Bytes,
};
use futures_core::Stream;

use super::{
    keys::SeriesId,
    labels::Method,
    nanos,
    store::Store,
    worker_cache::{ActiveId, WorkerCache},
};
use crate::exposition::TraceContext;

/// The state of a request and its response.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) active: ActiveId,
    pub(super) start: Instant,
    /// Bytes of the request body that were read, if there is a body.
    pub(super) read: Option<Rc<Cell<u64>>>,
    /// `None` before the request is recorded, and on an excluded route.
    pub(super) series: Option<SeriesId>,
    /// `None` if there is none, and if exemplars are off.
    pub(super) trace: Option<TraceContext>,
    pub(super) response: Option<Response>,
    pub(super) ended: bool,
}

/// A response whose head is known.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) head: ResponseHead,
    pub(super) sent: u64,
    pub(super) polled: bool,
}

impl Exchange {
    #[inline(always)]
    pub(super) fn end(&mut self, store: &Store, cache: &WorkerCache, ending: Ending) {
        cache.lower(self.active);
        let read = self.read.take().map_or(0, |read| read.get());
        let Some(part) = self.series.and_then(|series| cache.shard.series(series)) else {
            return;
        };
        let sent = self.response.as_ref().map(|response| response.sent);
        part.record_sizes(read, sent);
        let Some(response) = &self.response else {
            return;
        };
        if let Some(count) = response.truncated(store, ending) {
            count.fetch_add(1, Relaxed);
        }
        let bounds = &store.settings().bounds;
        let mut lasted = None;
        if !response.head.lasting && (response.polled || matches!(ending, Ending::Complete)) {
            let nanos = nanos(self.start.elapsed());
            part.record_response(bounds, nanos);
            lasted = Some(nanos);
        }
        if let Some(trace) = self.trace {
            part.keep_traces(trace, (read, response.sent), bounds, lasted);
        }
    }
}

impl Response {
    #[inline]
    pub(super) fn is_complete(&self) -> bool {
        self.head.size.is_some_and(|size| self.sent >= size)
    }

    /// The counter of truncated responses to increment, if this response is truncated.
    fn truncated<'s>(&self, store: &'s Store, ending: Ending) -> Option<&'s AtomicU64> {
        let truncated = &store.truncated;
        match ending {
            Ending::Complete => None,
            Ending::Failed => Some(&truncated.body_error),
            Ending::Panicked => Some(&truncated.panic),
            // If the body was never polled, an outer layer replaced the response.
            Ending::Dropped if self.head.lasting || !self.polled => None,
            Ending::Dropped => Some(&truncated.client),
        }
    }
}

/// Counts the bytes of the request body as they are read, if there is a body.
#[inline]
pub(super) fn count_payload(req: &mut ServiceRequest) -> Option<Rc<Cell<u64>>> {
    match req.take_payload() {
        Payload::None => None,
        payload => {
            let read = Rc::new(Cell::new(0));
            let counted = CountedPayload {
                payload,
                read: Rc::clone(&read),
            };
            req.set_payload(Payload::Stream {
                payload: Box::pin(counted),
            });
            Some(read)
        }
    }
}

struct CountedPayload {
    payload: Payload,
    read: Rc<Cell<u64>>,
}

impl Stream for CountedPayload {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = Pin::new(&mut self.payload).poll_next(cx);
        if let Poll::Ready(Some(Ok(bytes))) = &item {
            self.read.set(self.read.get() + bytes.len() as u64);
        }
        item
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Ending {
    Complete,
    Failed,
    Panicked,
    Dropped,
}

/// What the head of a response says about its body.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResponseHead {
    /// The number of bytes after which the body is complete.
    pub(super) size: Option<u64>,
    /// The client decides how long upgrades and event streams last: their end is not a failure, and
    /// their duration is not a latency.
    lasting: bool,
}

impl ResponseHead {
    #[inline(always)]
    pub(super) fn of(
        method: Method,
        status: StatusCode,
        headers: &HeaderMap,
        size: BodySize,
    ) -> Self {
        let upgraded = status == StatusCode::SWITCHING_PROTOCOLS
            || method == Method::Connect && status.is_success();
        let bodiless = method == Method::Head
            || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let size = match size {
            BodySize::None => Some(0),
            _ if bodiless => Some(0),
            BodySize::Sized(size) => Some(size),
            BodySize::Stream => None,
        };
        let is_event_stream = || {
            let kind = headers.get(&header::CONTENT_TYPE);
            kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
        };
        Self {
            size,
            // A body of known size is not an event stream, because it is not produced as events
            // occur.
            lasting: upgraded || size.is_none() && is_event_stream(),
        }
    }
}
