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
        self.store().events.app_starts();
        self.store().events.app_wrapped();
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
        if recording.is_timed() {
            return call_timed(&self.service, req, recording);
        }
        let armed = recording.arm();
        let inner = self.service.call(req);
        armed.disarm();
        RecordedFuture { inner, recording }
    }
}

#[cold]
#[inline(never)]
fn call_timed<S: Service<ServiceRequest>>(
    service: &S,
    req: ServiceRequest,
    mut recording: Recording,
) -> RecordedFuture<S::Future> {
    let version = req.version();
    let mut timed = recording.time();
    let armed = timed.arm();
    let inner = service.call(req);
    armed.disarm();
    timed.called(version);
    RecordedFuture { inner, recording }
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
        if this.recording.is_timed() {
            return poll_timed(this.inner, this.recording, cx);
        }
        let armed = this.recording.arm();
        let polled = this.inner.poll(cx);
        armed.disarm();
        // Inspected by reference, because moving a response is expensive.
        let observer = match &polled {
            Poll::Pending => None,
            Poll::Ready(Ok(res)) => this.recording.response(res),
            Poll::Ready(Err(error)) => {
                this.recording.error(error);
                None
            }
        };
        polled.map_ok(|res| res.map_body(|_, body| ObservedBody::new(body, observer)))
    }
}

#[cold]
#[inline(never)]
fn poll_timed<F, B>(
    inner: Pin<&mut F>,
    recording: &mut Recording,
    cx: &mut Context<'_>,
) -> Poll<Result<ServiceResponse<ObservedBody<B>>, Error>>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    let mut timed = recording.time();
    let armed = timed.arm();
    let polled = inner.poll(cx);
    armed.disarm();
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
    polled.map_ok(|res| res.map_body(|_, body| ObservedBody::new(body, observer)))
}
