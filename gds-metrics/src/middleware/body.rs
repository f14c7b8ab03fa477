//! The body of a response that went through the middleware.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    body::{BodySize, MessageBody},
    web::Bytes,
};
use pin_project_lite::pin_project;

use crate::requests::{BodyObserver, OnUnwind};

pin_project! {
    /// The body of a response that went through the middleware: the inner service's own, handed on
    /// as it is.
    ///
    /// With the extended group on, it is watched on its way, and is never given as one piece:
    /// layers that would take it so, at the head, could not tell its end.
    ///
    /// A function of yours that takes the middleware's response and names its type without a
    /// parameter (`ServiceResponse`, that is `ServiceResponse<BoxBody>`) needs
    /// [`map_into_boxed_body`](actix_web::dev::ServiceResponse::map_into_boxed_body) before it.
    #[derive(Debug)]
    pub struct ObservedBody<B> {
        #[pin]
        body: B,
        observer: Option<BodyObserver>,
    }
}

impl<B> ObservedBody<B> {
    pub(crate) fn new(body: B, observer: Option<BodyObserver>) -> Self {
        Self { body, observer }
    }
}

impl<B: MessageBody> MessageBody for ObservedBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        match this.observer {
            None => this.body.poll_next(cx),
            Some(observer) => poll_observed(this.body, observer, cx),
        }
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        match self.observer {
            Some(_) => Err(self),
            None => self
                .body
                .try_into_bytes()
                .map_err(|body| Self::new(body, None)),
        }
    }
}

#[cold]
#[inline(never)]
fn poll_observed<B: MessageBody>(
    body: Pin<&mut B>,
    observer: &mut BodyObserver,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Bytes, B::Error>>> {
    let on_unwind = OnUnwind::new(observer, BodyObserver::panicked);
    let item = body.poll_next(cx);
    on_unwind.disarm();
    observer.polled(&item);
    item
}
