//! Records one request.
//!
//! A [`Recording`] starts when a request arrives and ends exactly once: with the response head, an
//! error, a panic, or because it is dropped before any of these.

use std::{rc::Rc, time::Instant};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::uri::PathAndQuery,
};

use super::{
    Settings,
    blocking::Timing,
    body_observer::BodyObserver,
    exchange::ResponseHead,
    hosts::HostLabel,
    keys::{FOLDED_HOST_ID, Head, SeriesId},
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
        let mut recording = Self {
            start,
            method,
            head,
            path: req.uri().path_and_query().cloned(),
            observer: None,
            host,
            timing: Timing::Off,
            recorder: Rc::clone(recorder),
            ended: false,
        };
        if recorder.store.starts_more {
            recording.start_more(req);
        }
        recording
    }

    /// Starts what only some settings need.
    #[inline(never)]
    fn start_more(&mut self, req: &mut ServiceRequest) {
        let Recorder { store, .. } = &*self.recorder;
        self.timing = Timing::of(store.blocking.as_ref(), req.version());
        if store.settings().extended {
            self.observer = Some(self.observe(req));
        }
    }

    /// Starts to observe a request, which is in flight from now on.
    fn observe(&self, req: &mut ServiceRequest) -> BodyObserver {
        let Recorder { store, cache, .. } = &*self.recorder;
        let has_host = store.settings().opentelemetry.is_none();
        let host = match &self.host {
            HostLabel::Known(id) if has_host => *id,
            // It is too early to know whether the host may get a number.
            _ => FOLDED_HOST_ID,
        };
        let head = self.head.without_version();
        let active = cache.borrow_mut().raise(store, head, host);
        BodyObserver::begin(Rc::clone(&self.recorder), active, self.start, req)
    }

    /// Ends the recording with a response head. Returns the observer of the body if the extended
    /// group is on.
    #[inline(always)]
    pub(crate) fn response<B: MessageBody>(
        &mut self,
        res: &ServiceResponse<B>,
        began: Option<Instant>,
    ) -> Option<BodyObserver> {
        let (req, status) = (res.request(), res.status());
        let now = Instant::now();
        let nanos = nanos(now.duration_since(self.start));
        let original = self.path.as_ref();
        let matched = original.and_then(|original| Matched::of(req.match_info(), original));
        let labels = ResponseLabels {
            head: self.head,
            host: &self.host,
            code: status.as_u16(),
        };
        let recorder = &*self.recorder;
        let known = matched.as_ref().and_then(|matched| {
            let Recorder { store, cache, .. } = recorder;
            let mut cache = cache.borrow_mut();
            cache.record_known(store, matched, labels, nanos)
        });
        let series = match known {
            Some(series) => Some(series),
            None => {
                let ended = &mut self.ended;
                recorder.record_response((req, status), matched.as_ref(), labels, nanos, ended)
            }
        };
        self.ended = true;
        if let Some(error) = res.response().error()
            && series.is_some()
            && status.is_server_error()
        {
            self.recorder.count_error(error);
        }
        if self.recorder.store.records_more {
            self.record_more(res, series, nanos, (began, now))
        } else {
            None
        }
    }

    /// Records what only some settings need.
    #[inline(always)]
    fn record_more<B: MessageBody>(
        &mut self,
        res: &ServiceResponse<B>,
        series: Option<SeriesId>,
        nanos: u64,
        (began, now): (Option<Instant>, Instant),
    ) -> Option<BodyObserver> {
        let Recorder { store, cache, .. } = &*self.recorder;
        let Settings {
            exemplars, bounds, ..
        } = store.settings();
        let mut observer = self.observer.take();
        if *exemplars
            && let Some(trace) = Trace::of(res.request())
            && let Some(exemplars) = cache.borrow().exemplars(series)
        {
            let later = observer.as_mut().and_then(BodyObserver::trace);
            trace.keep(exemplars, bounds, nanos, later);
        }
        if let Some(observer) = &mut observer {
            observer.recorded_under(series);
            let size = res.response().body().size();
            let head = ResponseHead::of(self.method, res.status(), res.headers(), size);
            observer.respond(head);
        }
        self.note_response((began, now), res, nanos);
        observer
    }

    /// Ends the recording with an error, which Actix converts to a response in an outer layer.
    pub(crate) fn error(&mut self, error: &Error) {
        let armed = OnUnwind::new(self, Self::panicked);
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
