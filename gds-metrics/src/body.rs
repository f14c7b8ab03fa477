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

pin_project! {
    /// The body of a response that went through the middleware: the inner service's own, handed on
    /// as it is.
    ///
    /// A function of yours that takes the middleware's response and names its type without a
    /// parameter (`ServiceResponse`, that is `ServiceResponse<BoxBody>`) needs
    /// [`map_into_boxed_body`](actix_web::dev::ServiceResponse::map_into_boxed_body) before it.
    #[derive(Debug)]
    pub struct ObservedBody<B> {
        #[pin]
        body: B,
    }
}

impl<B> ObservedBody<B> {
    pub(crate) fn new(body: B) -> Self {
        Self { body }
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
        self.project().body.poll_next(cx)
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        self.body.try_into_bytes().map_err(Self::new)
    }
}
