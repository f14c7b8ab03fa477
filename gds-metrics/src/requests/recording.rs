//! Records one request.
//!
//! A [`Recording`] starts when a request arrives and ends exactly once: with the response head, an
//! error, a panic, or because it is dropped before any of these.

use std::{rc::Rc, time::Instant};

use actix_web::{
    Error, HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{StatusCode, uri::PathAndQuery},
};

use super::{
    blocking::Timing,
    body_observer::BodyObserver,
    exchange::ResponseHead,
    hosts::HostLabel,
    keys::{FOLDED_HOST_ID, Head},
    labels::{Method, PANIC},
    nanos,
    recorder::Recorder,
    shape::Matched,
    trace::Trace,
    unwind::OnUnwind,
    worker_cache::ResponseLabels,
};

/// A request in progress.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(super) recorder: Rc<Recorder>,
    pub(super) start: Instant,
    method: Method,
    head: Head,
    host: HostLabel,
    pub(super) path: Option<PathAndQuery>,
    /// `None` if the extended group is off.
    observer: Option<BodyObserver>,
    pub(super) timing: Timing,
    ended: bool,
}

impl Recording {
    #[inline]
    pub(crate) fn start(recorder: &Rc<Recorder>, req: &mut ServiceRequest) -> Self {
        let start = Instant::now();
        if recorder.resources.get().is_none() {
            recorder.first_request(req);
        }
        let method = Method::of(req.method());
        let settings = recorder.store.settings();
        let head = settings.head(req, method);
        let host = recorder.host(req);
        let extended = settings.extended;
        Self {
            start,
            method,
            head,
            path: req.uri().path_and_query().cloned(),
            observer: extended.then(|| observe(recorder, head, &host, start, req)),
            host,
            timing: recorder.store.timing,
            recorder: Rc::clone(recorder),
            ended: false,
        }
    }

    /// Records a panic in the code that follows, up to [`disarm`](OnUnwind::disarm).
    #[inline]
    pub(crate) fn arm(&mut self) -> OnUnwind<'_, Self> {
        OnUnwind::new(self, Self::panicked)
    }

    /// Ends the recording with a response head. Returns the observer of the body if the extended
    /// group is on.
    #[inline]
    pub(crate) fn response<B: MessageBody>(
        &mut self,
        res: &ServiceResponse<B>,
    ) -> Option<BodyObserver> {
        self.response_at(res, None)
    }

    /// As [`response`](Self::response); `began` is the start of the current poll, if polls are
    /// timed.
    #[inline(always)]
    pub(super) fn response_at<B: MessageBody>(
        &mut self,
        res: &ServiceResponse<B>,
        began: Option<Instant>,
    ) -> Option<BodyObserver> {
        self.end_with_head(res.request(), res.status(), res.response().error(), began);
        match self.observer {
            None => None,
            Some(_) => self.observe(res),
        }
    }

    #[inline(always)]
    fn end_with_head(
        &mut self,
        req: &HttpRequest,
        status: StatusCode,
        error: Option<&Error>,
        began: Option<Instant>,
    ) {
        let now = Instant::now();
        let took = now.duration_since(self.start);
        let nanos = nanos(took);
        let path = req.match_info();
        // A default service or a middleware before routing left part of the path, or all of it,
        // unprocessed.
        let matched = if path.unprocessed().is_empty() {
            Matched::of(path)
        } else {
            None
        };
        let labels = ResponseLabels {
            head: self.head,
            host: &self.host,
            code: status.as_u16(),
        };
        let Recorder { store, cache, .. } = &*self.recorder;
        let mut cache = cache.borrow_mut();
        let known = matched
            .as_ref()
            .and_then(|matched| cache.record_known(store, matched, labels, nanos));
        let mut news = None;
        let (series, route) = match known {
            Some((series, path)) => (Some(series), Some(path)),
            None => {
                let answered = (req, status);
                let recorded =
                    cache.record_response(store, answered, matched.as_ref(), labels, nanos);
                news = cache.news();
                recorded
            }
        };
        self.ended = true;
        if store.settings().exemplars
            && let Some(trace) = Trace::of(req)
            && let Some(exemplars) = cache.exemplars(series)
        {
            let later = self.observer.as_mut().and_then(BodyObserver::trace);
            trace.keep(exemplars, &store.settings().bounds, nanos, later);
        }
        if let Some(observer) = &mut self.observer {
            observer.recorded_under(series);
        }
        let recorded = series.is_some();
        drop(cache);
        if let Some(news) = news {
            self.recorder.report(&news, Some((req, status)));
        }
        if let Some(error) = error
            && recorded
            && status.is_server_error()
        {
            self.recorder.count_error(error);
        }
        if let Some(began) = began {
            // Subtracting instants costs 55 instructions.
            let held = if began == self.start {
                took
            } else {
                now.duration_since(began)
            };
            self.note(route, held);
        }
    }

    #[cold]
    #[inline(never)]
    fn observe<B: MessageBody>(&mut self, res: &ServiceResponse<B>) -> Option<BodyObserver> {
        let size = res.response().body().size();
        let head = ResponseHead::of(self.method, res.status(), res.headers(), size);
        let mut observer = self.observer.take()?;
        observer.respond(head);
        Some(observer)
    }

    /// Ends the recording with an error, which Actix converts to a response in an outer layer.
    pub(crate) fn error(&mut self, error: &Error) {
        let armed = self.arm();
        // `error_response()` is not called here: some errors can create their response only once.
        let status = error.as_response_error().status_code();
        armed.disarm();
        if self.end_without_head(status.as_u16()) && status.is_server_error() {
            self.recorder.count_error(error);
        }
    }

    pub(super) fn panicked(&mut self) {
        if self.end_without_head(self.recorder.store.settings().panicked()) {
            let Recorder { store, cache, .. } = &*self.recorder;
            cache.borrow_mut().count_error(store, PANIC);
        }
    }

    /// Records the request, and returns whether it did: a request is recorded once, and not on an
    /// excluded route.
    #[cold]
    fn end_without_head(&mut self, code: u16) -> bool {
        if self.ended {
            return false;
        }
        self.ended = true;
        let nanos = nanos(self.start.elapsed());
        let route = self.recorder.route_of_path(self.path.as_ref());
        let Recorder { store, cache, .. } = &*self.recorder;
        let mut cache = cache.borrow_mut();
        let series = cache
            .record(store, route, self.head, &self.host, code, nanos)
            .map(|(series, _)| series);
        let recorded = series.is_some();
        let news = cache.news();
        drop(cache);
        if let Some(mut observer) = self.observer.take() {
            observer.recorded_under(series);
        }
        if let Some(news) = news {
            self.recorder.report(&news, None);
        }
        recorded
    }
}

impl Drop for Recording {
    #[inline]
    fn drop(&mut self) {
        if !self.ended {
            self.end_without_head(self.recorder.store.settings().cancelled());
        }
    }
}

/// Starts to observe a request, which is in flight from now on.
fn observe(
    recorder: &Rc<Recorder>,
    head: Head,
    host: &HostLabel,
    start: Instant,
    req: &mut ServiceRequest,
) -> BodyObserver {
    let has_host = recorder.store.settings().opentelemetry.is_none();
    let host = match host {
        HostLabel::Known(id) if has_host => *id,
        // It is too early to know whether the host may get a number.
        _ => FOLDED_HOST_ID,
    };
    let head = head.without_version();
    let mut cache = recorder.cache.borrow_mut();
    let active = cache.raise(&recorder.store, head, host);
    drop(cache);
    BodyObserver::begin(Rc::clone(recorder), active, start, req)
}
