//! The extended group: what happens to the bodies, and what is in flight meanwhile.
//!
//! An [`Exchange`] accompanies a request from its start to the end of its response's body. There is
//! none when the group is off.

use std::{
    cell::Cell,
    pin::Pin,
    rc::Rc,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll},
    time::Instant,
};

use actix_web::{
    HttpMessage,
    body::BodySize,
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    http::{StatusCode, header},
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

/// A request on its way, for as long as its body is.
#[derive(Debug)]
pub(crate) struct Exchange {
    active: Arc<Active>,
    /// Bytes of the request's body that were read, if it has one.
    read: Option<Rc<Cell<u64>>>,
}

impl Exchange {
    pub(super) fn begin(active: Arc<Active>, req: &mut ServiceRequest) -> Self {
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
        Self { active, read }
    }

    /// Records the size of the request's body, as far as it was read.
    pub(super) fn record_read(&self, extended: &Extended) {
        let read = self.read.as_ref().map_or(0, |read| read.get());
        record_size(&extended.request_size, read);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.active.lower();
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

/// What becomes of a response after its head.
///
/// Ends once: when the body has given all it has, or fails, or panics, or is dropped.
#[derive(Debug)]
pub(crate) struct ObservedResponse {
    store: Arc<Store>,
    series: Arc<Series>,
    start: Instant,
    /// `None` once it has ended.
    exchange: Option<Exchange>,
    /// Bytes after which the body is known to be complete.
    size: Option<u64>,
    sent: u64,
    polled: bool,
    /// Upgrades and event streams last as long as the client likes: their end is nobody's failure
    /// and their duration nobody's latency.
    lasting: bool,
}

impl ObservedResponse {
    pub(super) fn begin(
        store: Arc<Store>,
        series: Arc<Series>,
        start: Instant,
        exchange: Exchange,
        head: ResponseHead,
    ) -> Self {
        let mut observed = Self {
            store,
            series,
            start,
            exchange: Some(exchange),
            size: head.size,
            sent: 0,
            polled: false,
            lasting: head.lasting,
        };
        if observed.is_complete() {
            observed.end(Ending::Complete);
        }
        observed
    }

    /// Takes note of what a poll of the body gave.
    pub(crate) fn polled<E>(&mut self, item: &Poll<Option<Result<Bytes, E>>>) {
        self.polled = true;
        match item {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(bytes))) => {
                self.sent += bytes.len() as u64;
                if self.is_complete() {
                    // The server need not ask again.
                    self.end(Ending::Complete);
                }
            }
            Poll::Ready(Some(Err(_))) => self.end(Ending::Failed),
            Poll::Ready(None) => self.end(Ending::Complete),
        }
    }

    /// Takes note that a poll of the body panicked.
    pub(crate) fn panicked(&mut self) {
        self.end(Ending::Panicked);
    }

    fn is_complete(&self) -> bool {
        self.size.is_some_and(|size| self.sent >= size)
    }

    fn end(&mut self, ending: Ending) {
        let Some(exchange) = self.exchange.take() else {
            return;
        };
        let truncated = &self.store.truncated;
        let count = match ending {
            Ending::Complete => None,
            Ending::Failed => Some(&truncated.body_error),
            Ending::Panicked => Some(&truncated.panic),
            // Never polled: something outside put another response in its place.
            Ending::Dropped if self.lasting || !self.polled => None,
            Ending::Dropped => Some(&truncated.client),
        };
        if let Some(count) = count {
            count.fetch_add(1, Relaxed);
        }

        let Some(extended) = &self.series.extended else {
            return;
        };
        exchange.record_read(extended);
        record_size(&extended.response_size, self.sent);
        if !self.lasting && (self.polled || matches!(ending, Ending::Complete)) {
            let nanos = nanos(self.start.elapsed());
            let bucket = self.store.settings().bucket(nanos);
            extended.response_duration.record(bucket, nanos);
        }
    }
}

impl Drop for ObservedResponse {
    fn drop(&mut self) {
        self.end(Ending::Dropped);
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
    size: Option<u64>,
    lasting: bool,
}

impl ResponseHead {
    pub(super) fn of<B>(method: Method, res: &ServiceResponse<B>, size: BodySize) -> Self {
        let status = res.status();
        let upgraded = status == StatusCode::SWITCHING_PROTOCOLS
            || method == Method::Connect && status.is_success();
        let bodiless = method == Method::Head
            || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let events = || {
            let kind = res.headers().get(header::CONTENT_TYPE);
            kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
        };
        Self {
            size: match size {
                BodySize::None => Some(0),
                _ if bodiless => Some(0),
                BodySize::Sized(size) => Some(size),
                BodySize::Stream => None,
            },
            lasting: upgraded || events(),
        }
    }
}
