//! A worker's recorder, and the recording of one request.
//!
//! A [`Recording`] is made when a request comes in and ends exactly once: by the response's head,
//! by an error, by a panic, or by being dropped before any of these.

use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::Rc,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Instant,
};

use actix_web::{
    Error, HttpRequest,
    body::MessageBody,
    dev::{ResourceMap, ServiceRequest, ServiceResponse, Url},
    http::{StatusCode, Uri, header, uri::PathAndQuery},
};

use super::{
    extended::{Exchange, ObservedResponse, ResponseHead},
    labels::{ErrorKind, Method, PANIC},
    mirror::{HostLabel, Mirror, Route},
    named::NamedRoutes,
    nanos,
    series::Series,
    store::{FOLDED_HOST_ID, HostId, LabelIds, NO_ENDPOINT_ID, Store},
};
use crate::unwind::watch;

/// What a request is recorded as when it ends without a head: the client went away, or something
/// outside stopped waiting. The number is nginx's.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// Records the requests of one worker.
#[derive(Debug)]
pub(crate) struct Recorder {
    store: Arc<Store>,
    mirror: RefCell<Mirror>,
    named: RefCell<NamedRoutes>,
    /// Whether it is worth asking for a resource's name. On a resource without one, Actix searches
    /// its whole map for it.
    asks_names: Cell<bool>,
    /// For requests of which nothing but the path is left at the end.
    resources: OnceCell<ResourceMap>,
}

impl Recorder {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self {
            store,
            mirror: RefCell::default(),
            named: RefCell::default(),
            asks_names: Cell::new(true),
            resources: OnceCell::new(),
        }
    }

    fn begin_exchange(
        &self,
        method: Method,
        host: &HostLabel,
        req: &mut ServiceRequest,
    ) -> Option<Exchange> {
        if !self.store.settings().extended {
            return None;
        }
        // Too early to know whether the host may take a place.
        let host = match host {
            HostLabel::Known(id) => *id,
            HostLabel::Unseen(_) | HostLabel::Beyond => FOLDED_HOST_ID,
        };
        let active = self.mirror.borrow_mut().active(&self.store, (method, host));
        Some(Exchange::begin(active, req))
    }

    fn host(&self, req: &ServiceRequest) -> HostLabel {
        if !self.store.settings().has_host_label() {
            return HostLabel::Known(FOLDED_HOST_ID);
        }
        // Not `connection_info().host()`, which believes `X-Forwarded-Host`.
        let head = req.head();
        let raw = match head.headers().get(header::HOST) {
            Some(host) => host.as_bytes(),
            // HTTP/2 has no such header.
            None => head
                .uri
                .authority()
                .map_or(&[][..], |authority| authority.as_str().as_bytes()),
        };
        self.mirror.borrow_mut().host(&self.store, raw)
    }

    /// The number of a host, now that it is known whether the request has a route. Only then may
    /// the host take a place, and only then does it matter that none is left.
    fn host_id(&self, host: &HostLabel, routed: bool) -> HostId {
        let id = match host {
            HostLabel::Known(id) => return *id,
            HostLabel::Unseen(_) | HostLabel::Beyond if !routed => return FOLDED_HOST_ID,
            HostLabel::Unseen(name) => self.store.claim_host(name),
            HostLabel::Beyond => None,
        };
        id.unwrap_or_else(|| {
            self.store.folded.host.fetch_add(1, Relaxed);
            FOLDED_HOST_ID
        })
    }

    fn count_error(&self, error: &Error) {
        let kinds = &self.store.settings().error_kinds;
        let derived;
        let kind = if let Some((_, name)) = kinds.iter().find(|(is, _)| is(error)) {
            name
        } else {
            derived = ErrorKind::of(error);
            derived.as_str()
        };
        self.mirror.borrow_mut().count_error(&self.store, kind);
    }

    /// The route of a request, asked for after routing: before it, Actix answers wrongly where
    /// guards tell scopes of one prefix apart.
    fn route(&self, req: &HttpRequest) -> Route {
        if self.asks_names.get() {
            if let Some(name) = req.match_name() {
                if let Some(route) = self.named.borrow().get(name, req) {
                    return route;
                }
                let route = self.pattern_route(req);
                self.named.borrow_mut().learn(name, req, route);
                return route;
            }
            let route = self.pattern_route(req);
            self.asks_names.set(route == Some(NO_ENDPOINT_ID));
            return route;
        }
        self.pattern_route(req)
    }

    fn pattern_route(&self, req: &HttpRequest) -> Route {
        self.route_of(req.match_pattern().as_deref())
    }

    fn route_of(&self, pattern: Option<&str>) -> Route {
        let mut mirror = self.mirror.borrow_mut();
        match pattern {
            // An empty label does not exist for Prometheus.
            Some("") => mirror.route(&self.store, "/"),
            Some(pattern) => mirror.route(&self.store, pattern),
            None => mirror.no_endpoint(&self.store),
        }
    }

    /// The route that a path would take, as far as the path alone tells.
    fn route_of_path(&self, path: &PathAndQuery) -> Route {
        let Some(resources) = self.resources.get() else {
            return self.route_of(None);
        };
        // Decoded as Actix does before routing.
        let url = Url::new(Uri::from(path.clone()));
        let pattern = resources.match_pattern(url.path()).or_else(|| {
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
        });
        self.route_of(pattern.as_deref())
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
    exchange: Option<Exchange>,
    ended: bool,
}

impl Recording {
    pub(crate) fn start(recorder: &Rc<Recorder>, req: &mut ServiceRequest) -> Self {
        let start = Instant::now();
        recorder
            .resources
            .get_or_init(|| req.resource_map().clone());
        let method = Method::of(req.method());
        let host = recorder.host(req);
        Self {
            start,
            method,
            path: req.uri().path_and_query().cloned(),
            exchange: recorder.begin_exchange(method, &host, req),
            host,
            recorder: Rc::clone(recorder),
            ended: false,
        }
    }

    /// Does a part of the request's work, and takes note if it panics.
    pub(crate) fn watch<R>(&mut self, work: impl FnOnce() -> R) -> R {
        watch(self, Self::panicked, work)
    }

    /// Ends the recording with a response's head. What is to be observed of the body follows, if
    /// the extended group is on.
    pub(crate) fn response<B: MessageBody>(
        &mut self,
        res: &ServiceResponse<B>,
    ) -> Option<ObservedResponse> {
        let route = self.recorder.route(res.request());
        let ended = self.end(route, res.status().as_u16(), res.response().error());
        let (exchange, series) = ended.exchange?;
        let head = ResponseHead::of(self.method, res, res.response().body().size());
        let store = Arc::clone(&self.recorder.store);
        Some(ObservedResponse::begin(
            store, series, self.start, exchange, head,
        ))
    }

    /// Ends the recording with an error, of which Actix makes a response further out.
    pub(crate) fn error(&mut self, error: &Error) {
        let route = self.route_of_path();
        // Not `error_response()`: that can be taken just once from some errors.
        let status = error.as_response_error().status_code();
        self.end(route, status.as_u16(), Some(error)).without_body();
    }

    fn panicked(&mut self) {
        let route = self.route_of_path();
        let code = StatusCode::INTERNAL_SERVER_ERROR.as_u16();
        if self.end(route, code, None).without_body() {
            let recorder = &self.recorder;
            recorder
                .mirror
                .borrow_mut()
                .count_error(&recorder.store, PANIC);
        }
    }

    fn route_of_path(&self) -> Route {
        match &self.path {
            Some(path) => self.recorder.route_of_path(path),
            None => self.recorder.route_of(None),
        }
    }

    /// Records the request: not twice, and not on an excluded route.
    fn end(&mut self, route: Route, code: u16, error: Option<&Error>) -> Ended {
        let mut ended = Ended::default();
        let Some(path) = route.filter(|_| !self.ended) else {
            self.ended = true;
            return ended;
        };
        self.ended = true;

        let recorder = &*self.recorder;
        let labels = LabelIds {
            method: self.method,
            host: recorder.host_id(&self.host, path != NO_ENDPOINT_ID),
            path,
            code,
        };
        let nanos = nanos(self.start.elapsed());
        let bucket = recorder.store.settings().bucket(nanos);
        let exchange = self.exchange.take();
        let mut mirror = recorder.mirror.borrow_mut();
        ended.exchange = mirror.with_series(&recorder.store, labels, |series| {
            series.duration.record(bucket, nanos);
            exchange.map(|exchange| (exchange, Arc::clone(series)))
        });
        drop(mirror);
        if code >= 500
            && let Some(error) = error
        {
            recorder.count_error(error);
        }
        ended.recorded = true;
        ended
    }
}

/// What is left of a recording that has ended.
#[derive(Debug, Default)]
struct Ended {
    recorded: bool,
    /// With the series it was recorded under; only in the extended group.
    exchange: Option<(Exchange, Arc<Series>)>,
}

impl Ended {
    /// There is no body to observe.
    fn without_body(self) -> bool {
        if let Some((exchange, series)) = self.exchange
            && let Some(extended) = &series.extended
        {
            exchange.record_read(extended);
        }
        self.recorded
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if !self.ended {
            let route = self.route_of_path();
            self.end(route, CLIENT_CLOSED_REQUEST, None).without_body();
        }
    }
}
