//! The extended group: what happens to the bodies, and what is in flight meanwhile.
//!
//! An [`Exchange`] accompanies a request from its start to the end of its response's body. There is
//! none when the group is off.

use std::{
    cell::Cell,
    mem,
    pin::Pin,
    rc::Rc,
    sync::{Arc, atomic::Ordering::Relaxed},
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
    bucket,
    labels::Method,
    nanos,
    series::{Active, Cells, Extended, SIZE_BOUNDS, Series},
    store::Store,
};

/// A request on its way, until its response's body ends.
///
/// Ends once: when the body has given all it has, or fails, or panics, or is dropped.
#[derive(Debug)]
pub(crate) struct Exchange {
    active: Arc<Active>,
    start: Instant,
    /// Bytes of the request's body that were read, if it has one.
    read: Option<Rc<Cell<u64>>>,
    /// `None` before the request is recorded, and on an excluded route.
    series: Option<Arc<Series>>,
    response: Option<Response>,
    ended: bool,
}

/// A response whose head is known.
#[derive(Debug)]
struct Response {
    store: Arc<Store>,
    head: ResponseHead,
    sent: u64,
    polled: bool,
}

impl Exchange {
    pub(super) fn begin(active: Arc<Active>, start: Instant, req: &mut ServiceRequest) -> Self {
        active.raise();
        let read = match req.take_payload() {
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
        };
        Self {
            active,
            start,
            read,
            series: None,
            response: None,
            ended: false,
        }
    }

    pub(super) fn recorded_under(&mut self, series: Option<&Arc<Series>>) {
        self.series = series.cloned();
    }

    /// Goes on with the response's body.
    pub(super) fn respond(&mut self, store: Arc<Store>, head: ResponseHead) {
        let response = self.response.insert(Response {
            store,
            head,
            sent: 0,
            polled: false,
        });
        if response.is_complete() {
            self.end(Ending::Complete);
        }
    }

    /// Takes note of what a poll of the body gave.
    pub(crate) fn polled<E>(&mut self, item: &Poll<Option<Result<Bytes, E>>>) {
        let Some(response) = &mut self.response else {
            return;
        };
        response.polled = true;
        match item {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(bytes))) => {
                response.sent += bytes.len() as u64;
                if response.is_complete() {
                    // The server need not ask again.
                    self.end(Ending::Complete);
                }
            }
            Poll::Ready(Some(Err(_))) => self.end(Ending::Failed),
            // It would have ended with its last byte.
            Poll::Ready(None) if response.head.size.is_some() => self.end(Ending::Failed),
            Poll::Ready(None) => self.end(Ending::Complete),
        }
    }

    /// Takes note that a poll of the body panicked.
    pub(crate) fn panicked(&mut self) {
        self.end(Ending::Panicked);
    }

    fn end(&mut self, ending: Ending) {
        if mem::replace(&mut self.ended, true) {
            return;
        }
        self.active.lower();
        let extended = self
            .series
            .as_ref()
            .and_then(|series| series.extended.as_ref());
        let Some(extended) = extended else {
            return;
        };
        let read = self.read.as_ref().map_or(0, |read| read.get());
        record_size(&extended.request_size, read);
        if let Some(response) = &self.response {
            response.end(extended, self.start, ending);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.end(Ending::Dropped);
    }
}

impl Response {
    fn is_complete(&self) -> bool {
        self.head.size.is_some_and(|size| self.sent >= size)
    }

    fn end(&self, extended: &Extended, start: Instant, ending: Ending) {
        let lasting = self.head.lasting;
        let truncated = &self.store.truncated;
        let count = match ending {
            Ending::Complete => None,
            Ending::Failed => Some(&truncated.body_error),
            Ending::Panicked => Some(&truncated.panic),
            // Never polled: something outside put another response in its place.
            Ending::Dropped if lasting || !self.polled => None,
            Ending::Dropped => Some(&truncated.client),
        };
        if let Some(count) = count {
            count.fetch_add(1, Relaxed);
        }
        record_size(&extended.response_size, self.sent);
        if !lasting && (self.polled || matches!(ending, Ending::Complete)) {
            let nanos = nanos(start.elapsed());
            let bucket = bucket(&self.store.settings().bounds, nanos);
            extended.response_duration.record(bucket, nanos);
        }
    }
}

fn record_size(cells: &Cells, size: u64) {
    cells.record(bucket(&SIZE_BOUNDS, size), size);
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
enum Ending {
    Complete,
    Failed,
    Panicked,
    Dropped,
}

/// What a response's head says of its body.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResponseHead {
    /// Bytes after which the body is complete.
    size: Option<u64>,
    /// Upgrades and event streams last as long as the client likes: their end is nobody's failure
    /// and their duration nobody's latency.
    lasting: bool,
}

impl ResponseHead {
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
            // Who knows the size of a body does not make it up as events come.
            lasting: upgraded || size.is_none() && is_event_stream(),
        }
    }
}
