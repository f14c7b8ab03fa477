//! The extended group: observes request and response bodies, and counts requests in flight.
//!
//! A [`BodyObserver`] observes a request from its start to the end of its response body. There is
//! none if the group is off.

use std::{mem, rc::Rc, task::Poll, time::Instant};

use actix_web::{dev::ServiceRequest, web::Bytes};

use super::{
    exchange::{Ending, Exchange, Response, ResponseHead, count_payload},
    keys::SeriesId,
    recorder::Recorder,
    worker_cache::ActiveId,
};
use crate::exposition::TraceContext;

/// Observes a request from its start to the end of its response body.
///
/// Ends exactly once: when the body is complete, fails, panics, or is dropped.
#[derive(Debug)]
pub(crate) struct BodyObserver {
    recorder: Rc<Recorder>,
    /// `Some` until it is returned to the recorder for reuse.
    exchange: Option<Box<Exchange>>,
}

impl BodyObserver {
    /// The caller has already raised the gauge for this request.
    #[inline]
    pub(super) fn begin(
        recorder: Rc<Recorder>,
        active: ActiveId,
        start: Instant,
        req: &mut ServiceRequest,
    ) -> Self {
        let exchange = Exchange {
            active,
            start,
            read: count_payload(req),
            series: None,
            trace: None,
            response: None,
            ended: false,
        };
        let exchange = match recorder.spare_exchange() {
            Some(mut spare) => {
                *spare = exchange;
                spare
            }
            None => Box::new(exchange),
        };
        Self {
            recorder,
            exchange: Some(exchange),
        }
    }

    pub(super) fn recorded_under(&mut self, series: Option<SeriesId>) {
        if let Some(exchange) = &mut self.exchange {
            exchange.series = series;
        }
    }

    /// The trace for the exemplars of what is recorded when the body ends.
    pub(super) fn trace(&mut self) -> Option<&mut Option<TraceContext>> {
        self.exchange.as_mut().map(|exchange| &mut exchange.trace)
    }

    /// Continues with the response body.
    #[inline]
    pub(super) fn respond(&mut self, head: ResponseHead) {
        let Some(exchange) = &mut self.exchange else {
            return;
        };
        let response = exchange.response.insert(Response {
            head,
            sent: 0,
            polled: false,
        });
        if response.is_complete() {
            self.end(Ending::Complete);
        }
    }

    /// Records the result of a poll of the body.
    #[inline(always)]
    pub(crate) fn polled<E>(&mut self, item: &Poll<Option<Result<Bytes, E>>>) {
        let exchange = self.exchange.as_mut();
        let Some(response) = exchange.and_then(|exchange| exchange.response.as_mut()) else {
            return;
        };
        response.polled = true;
        match item {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(bytes))) => {
                response.sent += bytes.len() as u64;
                if response.is_complete() {
                    // The server may not poll again after the last byte.
                    self.end(Ending::Complete);
                }
            }
            Poll::Ready(Some(Err(_))) => self.end(Ending::Failed),
            // A body of known size ends with its last byte, so this one is incomplete.
            Poll::Ready(None) if response.head.size.is_some() => self.end(Ending::Failed),
            Poll::Ready(None) => self.end(Ending::Complete),
        }
    }

    pub(crate) fn panicked(&mut self) {
        self.end(Ending::Panicked);
    }

    #[inline]
    fn end(&mut self, ending: Ending) {
        if let Some(exchange) = &mut self.exchange
            && !mem::replace(&mut exchange.ended, true)
        {
            self.recorder
                .with_cache(|store, cache| exchange.end(store, cache, ending));
        }
    }
}

impl Drop for BodyObserver {
    fn drop(&mut self) {
        self.end(Ending::Dropped);
        if let Some(exchange) = self.exchange.take() {
            self.recorder.keep_exchange(exchange);
        }
    }
}
