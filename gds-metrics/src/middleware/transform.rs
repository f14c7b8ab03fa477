//! The middleware, which wraps a service and calls the recorder.

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
};
use pin_project_lite::pin_project;

use super::body::ObservedBody;
use crate::{
    builtin::{EventLoopDelay, Timer},
    instance::GdsMetrics,
    requests::{Recorder, Recording},
};

/// Records every request that passes through.
///
/// Wrap the app with it last, so that it is outermost and sees what the other middlewares do. If an
/// app is wrapped twice with the same `GdsMetrics`, for example the `App` and a `Scope` in it, its
/// requests are counted twice. A warning is logged if both see the same first request.
impl<S, B> Transform<S, ServiceRequest> for GdsMetrics
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ObservedBody<B>>;
    type Error = Error;
    type Transform = GdsMetricsMiddleware<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, service: S) -> Self::Future {
        self.store().notify(|events| {
            events.app_starts();
            events.app_wrapped();
        });
        ready(Ok(GdsMetricsMiddleware {
            service,
            recorder: Rc::new(Recorder::new(Arc::clone(self.store()))),
            _timer: self.event_loop_delay().and_then(EventLoopDelay::measure),
        }))
    }
}

/// The service that [`GdsMetrics`] wraps around another. Each worker has its own. The
/// [front page](crate) has an example.
#[derive(Debug)]
pub struct GdsMetricsMiddleware<S> {
    service: S,
    recorder: Rc<Recorder>,
    /// Runs as long as any app on this thread.
    _timer: Option<Rc<Timer>>,
}

impl<S, B> Service<ServiceRequest> for GdsMetricsMiddleware<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ObservedBody<B>>;
    type Error = Error;
    type Future = RecordedFuture<S::Future>;

    forward_ready!(service);

    fn call(&self, mut req: ServiceRequest) -> Self::Future {
        let mut recording = Recording::start(&self.recorder, &mut req);
        let mut timed = recording.call();
        let armed = timed.arm();
        let inner = self.service.call(req);
        armed.disarm();
        timed.called();
        RecordedFuture { inner, recording }
    }
}

pin_project! {
    /// The future of [`GdsMetricsMiddleware`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct RecordedFuture<F> {
        #[pin]
        inner: F,
        recording: Recording,
    }
}

impl<F, B> Future for RecordedFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<ObservedBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut timed = this.recording.poll();
        let armed = timed.arm();
        let polled = this.inner.poll(cx);
        armed.disarm();
        // Inspected by reference, because moving a response is expensive.
        let observer = match &polled {
            Poll::Pending => {
                timed.pending();
                None
            }
            Poll::Ready(Ok(res)) => timed.response(res),
            Poll::Ready(Err(error)) => {
                timed.error(error);
                None
            }
        };
        polled.map_ok(|res| {
            // Cheaper than `map_body`.
            let (req, res) = res.into_parts();
            let (res, body) = res.into_parts();
            ServiceResponse::new(req, res.set_body(ObservedBody::new(body, observer)))
        })
    }
}
