//! A worker's recorder: its caches, its counters, and the events that it reports.

use std::{
    cell::{OnceCell, RefCell},
    sync::Arc,
};

use actix_web::{
    Error, HttpRequest,
    dev::{ResourceMap, ServiceRequest, Url},
    http::{StatusCode, Uri, header, uri::PathAndQuery},
};

use super::{
    exchange::Exchange,
    hosts::HostLabel,
    keys::{FOLDED_HOST_ID, SeriesId},
    labels::ErrorKind,
    routes::Route,
    shape::Matched,
    store::Store,
    worker_cache::{News, ResponseLabels, WorkerCache},
};

/// The maximum number of exchanges that are kept for reuse.
const MAX_SPARE: usize = 256;

/// Records the requests of one app on one worker.
///
/// Everything that may still record holds the recorder. When its last owner is dropped, its shard
/// returns to the store, and another recorder may take it over.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(super) store: Arc<Store>,
    /// Borrowed only while this crate's own code runs.
    pub(super) cache: RefCell<WorkerCache>,
    /// Boxes for the next exchanges.
    #[allow(clippy::vec_box)]
    spare: RefCell<Vec<Box<Exchange>>>,
    /// Used for requests of which only the path is left at the end.
    pub(super) resources: OnceCell<ResourceMap>,
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
    pub(super) fn first_request(&self, req: &ServiceRequest) {
        self.store.notify(|events| events.first_request(req));
        self.store.listens_on(req.app_config().local_addr().port());
        // `set` cannot fail, because the cell was empty.
        let _ = self.resources.set(req.resource_map().clone());
    }

    /// Reports events. Nothing is borrowed at this point.
    #[cold]
    pub(super) fn report(&self, news: &News, answered: Option<(&HttpRequest, StatusCode)>) {
        if let Some((req, status)) = answered
            && news.new_route
        {
            self.store.notify(|events| events.new_route(req, status));
        }
        for cap in news.caps.into_iter().flatten() {
            self.store.notify(|events| events.cap_reached(cap));
        }
    }

    #[inline(always)]
    pub(super) fn host(&self, req: &ServiceRequest) -> HostLabel {
        if !self.store.settings().has_host_label() {
            return HostLabel::Known(FOLDED_HOST_ID);
        }
        // `connection_info().host()` would trust `X-Forwarded-Host`.
        let head = req.head();
        let raw = match head.headers().get(&header::HOST) {
            Some(host) => host.as_bytes(),
            // HTTP/2 has no `Host` header.
            None => head
                .uri
                .authority()
                .map_or(&[][..], |authority| authority.as_str().as_bytes()),
        };
        self.cache.borrow_mut().spellings.label(&self.store, raw)
    }

    #[inline(always)]
    pub(super) fn with_cache(&self, work: impl FnOnce(&Store, &WorkerCache)) {
        work(&self.store, &self.cache.borrow());
    }

    #[inline]
    pub(super) fn spare_exchange(&self) -> Option<Box<Exchange>> {
        self.spare.borrow_mut().pop()
    }

    #[inline]
    pub(super) fn keep_exchange(&self, exchange: Box<Exchange>) {
        let mut spare = self.spare.borrow_mut();
        if spare.len() < MAX_SPARE {
            spare.push(exchange);
        }
    }

    #[cold]
    pub(super) fn count_error(&self, error: &Error) {
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

    /// Records a response without a cached answer, and reports what is new. Sets `ended` in between.
    #[inline(never)]
    pub(super) fn record_response(
        &self,
        (req, status): (&HttpRequest, StatusCode),
        matched: Option<&Matched<'_>>,
        labels: ResponseLabels<'_>,
        nanos: u64,
        ended: &mut bool,
    ) -> Option<SeriesId> {
        let other = match matched {
            Some(_) => None,
            None => Matched::of_other(req.match_info()),
        };
        let matched = matched.or(other.as_ref());
        let Self { store, cache, .. } = self;
        let mut cache = cache.borrow_mut();
        let series = cache.record_response(store, (req, status), matched, labels, nanos);
        let news = cache.news();
        drop(cache);
        *ended = true;
        if let Some(news) = news {
            self.report(&news, Some((req, status)));
        }
        series
    }

    #[cold]
    pub(super) fn route_of_response(&self, req: &HttpRequest, status: StatusCode) -> Route {
        let matched = Matched::of_other(req.match_info());
        let Self { store, cache, .. } = self;
        let mut cache = cache.borrow_mut();
        let (route, _) = cache
            .routes
            .of_request(store, req, status, matched.as_ref());
        route
    }

    /// The route of a path, as far as the path alone determines it.
    #[cold]
    pub(super) fn route_of_path(&self, path: Option<&PathAndQuery>) -> Route {
        let pattern = self
            .resources
            .get()
            .zip(path)
            .and_then(|(resources, path)| {
                // Decoded as Actix decodes it before routing.
                let url = Url::new(Uri::from(path.clone()));
                resources.match_pattern(url.path()).or_else(|| {
                    // An inner middleware may have normalised the path.
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
