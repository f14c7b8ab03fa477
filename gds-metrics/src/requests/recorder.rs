//! A worker's recorder, and the recording of one request.
//!
//! A [`Recording`] is made when a request comes in and ends exactly once: by the response's head,
//! by an error, by a panic, or by being dropped before any of these.

use std::{
    cell::{OnceCell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Instant,
};

use actix_web::{
    Error, HttpRequest,
    body::MessageBody,
    dev::{ResourceMap, ServiceRequest, ServiceResponse, Url},
    http::{StatusCode, Uri, header, uri::PathAndQuery},
};

use super::{
    body_observer::{BodyObserver, Exchange, ResponseHead},
    hosts::HostLabel,
    keys::FOLDED_HOST_ID,
    labels::{ErrorKind, Method, PANIC},
    nanos,
    routes::Route,
    store::Store,
    unwind::OnUnwind,
    worker_cache::{News, WorkerCache},
};

/// What a request is recorded as when it ends without a head: the client went away, or something
/// outside stopped waiting. The number is nginx's.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// Exchanges that are kept for reuse at most.
const MAX_SPARE: usize = 256;

/// Records the requests of one app on one worker.
///
/// Whatever may still record holds it: with its last owner its shard goes back to the store, and may
/// be another recorder's from then on.
#[derive(Debug)]
pub(crate) struct Recorder {
    store: Arc<Store>,
    /// Borrowed for our own code alone, never while others' runs.
    cache: RefCell<WorkerCache>,
    /// Boxes for the next exchanges.
    #[allow(clippy::vec_box)]
    spare: RefCell<Vec<Box<Exchange>>>,
    /// For requests of which nothing but the path is left at the end.
    resources: OnceCell<ResourceMap>,
}

impl Recorder {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self {
            cache: RefCell::new(WorkerCache::new(store.take_shard())),
            spare: RefCell::default(),
            resources: OnceCell::new(),
            store,
        }
    }

    #[cold]
    fn first_request(&self, req: &ServiceRequest) {
        self.store.events.first_request(req);
        // Cannot be set already, as there was none.
        let _ = self.resources.set(req.resource_map().clone());
    }

    /// Tells what happened, now that nothing is borrowed.
    #[cold]
    fn report(&self, news: &News, answered: Option<(&HttpRequest, StatusCode)>) {
        if let Some((req, status)) = answered
            && news.new_route
        {
            self.store.events.new_route(req, status);
        }
        for cap in news.caps.into_iter().flatten() {
            self.store.events.cap_reached(cap);
        }
    }

    #[inline(always)]
    fn host(&self, req: &ServiceRequest) -> HostLabel {
        if !self.store.settings().has_host_label() {
            return HostLabel::Known(FOLDED_HOST_ID);
        }
        // Not `connection_info().host()`, which believes `X-Forwarded-Host`.
        let head = req.head();
        let raw = match head.headers().get(&header::HOST) {
            Some(host) => host.as_bytes(),
            // HTTP/2 has no such header.
            None => head
                .uri
                .authority()
                .map_or(&[][..], |authority| authority.as_str().as_bytes()),
        };
        self.cache.borrow_mut().spellings.label(&self.store, raw)
    }

    fn observe(
        recorder: &Rc<Self>,
        method: Method,
        host: &HostLabel,
        start: Instant,
        req: &mut ServiceRequest,
    ) -> BodyObserver {
        // Too early to know whether the host may take a place.
        let host = match host {
            HostLabel::Known(id) => *id,
            HostLabel::Unseen(_) | HostLabel::Beyond => FOLDED_HOST_ID,
        };
        let mut cache = recorder.cache.borrow_mut();
        let active = cache.raise(&recorder.store, method, host);
        drop(cache);
        BodyObserver::begin(Rc::clone(recorder), active, start, req)
    }

    pub(super) fn with_cache(&self, work: impl FnOnce(&Store, &WorkerCache)) {
        work(&self.store, &self.cache.borrow());
    }

    pub(super) fn spare_exchange(&self) -> Option<Box<Exchange>> {
        self.spare.borrow_mut().pop()
    }

    pub(super) fn keep_exchange(&self, exchange: Box<Exchange>) {
        let mut spare = self.spare.borrow_mut();
        if spare.len() < MAX_SPARE {
            spare.push(exchange);
        }
    }

    #[cold]
    fn count_error(&self, error: &Error) {
        let kinds = &self.store.settings().error_kinds;
        let derived;
        let kind = if let Some((_, name)) = kinds.iter().find(|(is, _)| is(error)) {
            name
        } else {
            derived = ErrorKind::of(error);
            derived.as_str()
        };
        self.cache.borrow_mut().count_error(&self.store, kind);
    }

    /// The route that a path would take, as far as the path alone tells.
    #[cold]
    fn route_of_path(&self, path: Option<&PathAndQuery>) -> Route {
        let pattern = self
            .resources
            .get()
            .zip(path)
            .and_then(|(resources, path)| {
                // Decoded as Actix does before routing.
                let url = Url::new(Uri::from(path.clone()));
                resources.match_pattern(url.path()).or_else(|| {
                    // A middleware further in may have normalised the path.
                    let mut normal = String::with_capacity(url.path().len() + 1);
                    for segment in url.path().split('/').filter(|segment| !segment.is_empty()) {
                        normal.push('/');
                        normal.push_str(segment);
                    }
                    resources.match_pattern(&normal).or_else(|| {
                        normal.push('/');
                        resources.match_pattern(&normal)
                    })
                })
            });
        let mut cache = self.cache.borrow_mut();
        cache.routes.of_pattern(&self.store, pattern.as_deref())
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let cache = self.cache.get_mut();
        self.store.return_shard(cache.take_shard());
    }
}

/// One request on its way.
#[derive(Debug)]
pub(crate) struct Recording {
    recorder: Rc<Recorder>,
    start: Instant,
    method: Method,
    host: HostLabel,
    path: Option<PathAndQuery>,
    /// None when the extended group is off.
    observer: Option<BodyObserver>,
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
        let host = recorder.host(req);
        let extended = recorder.store.settings().extended;
        Self {
            start,
            method,
            path: req.uri().path_and_query().cloned(),
            observer: extended.then(|| Recorder::observe(recorder, method, &host, start, req)),
            host,
            recorder: Rc::clone(recorder),
            ended: false,
        }
    }

    /// Takes note of a panic in what follows, up to [`disarm`](OnUnwind::disarm).
    #[inline]
    pub(crate) fn arm(&mut self) -> OnUnwind<'_, Self> {
        OnUnwind::new(self, Self::panicked)
    }

    /// Ends the recording with a response's head. What is to be observed of the body follows, if
    /// the extended group is on.
    #[inline]
    pub(crate) fn response<B: MessageBody>(
        &mut self,
        res: &ServiceResponse<B>,
    ) -> Option<BodyObserver> {
        self.end_with_head(res.request(), res.status(), res.response().error());
        match self.observer {
            None => None,
            Some(_) => self.observe(res),
        }
    }

    fn end_with_head(&mut self, req: &HttpRequest, status: StatusCode, error: Option<&Error>) {
        let nanos = nanos(self.start.elapsed());
        let Recorder { store, cache, .. } = &*self.recorder;
        let mut cache = cache.borrow_mut();
        let route = cache.routes.of_request(store, req, status);
        let code = status.as_u16();
        let series = cache.record(store, route, self.method, &self.host, code, nanos);
        self.ended = true;
        if let Some(observer) = &mut self.observer {
            observer.recorded_under(series);
        }
        let recorded = series.is_some();
        let news = cache.news();
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

    /// Ends the recording with an error, of which Actix makes a response further out.
    pub(crate) fn error(&mut self, error: &Error) {
        let armed = self.arm();
        // Not `error_response()`: that can be taken just once from some errors.
        let status = error.as_response_error().status_code();
        armed.disarm();
        if self.end_without_head(status.as_u16()) && status.is_server_error() {
            self.recorder.count_error(error);
        }
    }

    fn panicked(&mut self) {
        if self.end_without_head(StatusCode::INTERNAL_SERVER_ERROR.as_u16()) {
            let Recorder { store, cache, .. } = &*self.recorder;
            cache.borrow_mut().count_error(store, PANIC);
        }
    }

    /// Records the request, and says whether it did: not twice, and not on an excluded route.
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
        let series = cache.record(store, route, self.method, &self.host, code, nanos);
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
            self.end_without_head(CLIENT_CLOSED_REQUEST);
        }
    }
}
