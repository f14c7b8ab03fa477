//! The response body, as seen by the middleware.

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
    /// The response body that the middleware returns: the body of the inner service, passed on
    /// unchanged.
    ///
    /// With the extended group on, the middleware observes the body while the server sends it, and
    /// never offers it as one piece: a layer that took the whole body with the head could not tell
    /// when the body ends.
    ///
    /// A function that takes the middleware's response and names its type without a parameter
    /// (`ServiceResponse`, which means `ServiceResponse<BoxBody>`) needs
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
