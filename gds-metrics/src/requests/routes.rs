//! A worker's memory of routes, and how to tell them without asking Actix for a pattern.
//!
//! Actix makes a new `String` whenever it is asked for a pattern, and without a match it searches all
//! of its resources. What was learnt from an answer is recognised by the [shape](Shape) of the match
//! instead.

use std::{collections::HashSet, rc::Rc};

use actix_web::{
    HttpRequest,
    dev::{Path, Url},
    http::StatusCode,
};
use foldhash::fast::RandomState;

use super::{
    cached_map::CachedMap,
    keys::PathId,
    labels::NO_ENDPOINT,
    shape::{Matched, Shape, ShapeKey},
    store::Store,
};

/// The path of a route, `None` if nothing is recorded of it.
pub(super) type Route = Option<PathId>;

/// Paths without a route that a worker remembers. Clients make them up, so there must be a bound;
/// past it the memory starts anew.
const MAX_UNROUTED: usize = 512;
/// The longest of them, in bytes.
const MAX_UNROUTED_LEN: usize = 256;
/// A path that no application has, but a resource for all paths would take.
const NO_PATH: &str = "/\0gds-metrics";

#[derive(Debug, Default)]
pub(super) struct Routes {
    patterns: CachedMap<Rc<[u8]>, Route>,
    /// By path: patterns without a dynamic segment.
    statics: CachedMap<Rc<[u8]>, Route>,
    /// The numbers of `shapes`.
    keys: CachedMap<ShapeKey, usize>,
    shapes: Vec<(Shape, Route)>,
    unrouted: HashSet<Box<[u8]>, RandomState>,
    /// Whether `unrouted` is of use: unknown before the first request without a route.
    remembers_unrouted: Option<bool>,
    /// The route of what has no pattern.
    no_endpoint: Option<Route>,
    /// Whether the last look found a route that was not here.
    pub(super) is_new: bool,
}

impl Routes {
    /// The route of a request, asked for after routing: before it, Actix answers wrongly where
    /// guards tell scopes of one prefix apart.
    #[inline(always)]
    pub(super) fn of_request(
        &mut self,
        store: &Store,
        req: &HttpRequest,
        status: StatusCode,
    ) -> Route {
        let path = req.match_info();
        // A default service or a middleware before routing left something over, or all of it.
        if !path.unprocessed().is_empty() {
            return self.of_unprocessed(store, req, status);
        }
        if path.is_empty() {
            return match self.statics.get(path.as_str().as_bytes()) {
                Some(route) => route,
                None => self.learn_static(store, req),
            };
        }
        if let Some(matched) = Matched::of(path)
            && let Some(id) = self.keys.get(&matched.key)
            && let Some((shape, route)) = self.shapes.get(id)
            && shape.is_of(&matched)
        {
            return *route;
        }
        self.learn_shape(store, req)
    }

    /// The route of a request whose path was not used up: that of a resource for all paths of one
    /// prefix, or none.
    #[inline(never)]
    fn of_unprocessed(&mut self, store: &Store, req: &HttpRequest, status: StatusCode) -> Route {
        let path = req.match_info();
        let whole = path.unprocessed();
        // Where nothing was used up and no resource takes all paths, the path alone tells.
        let by_path = status == StatusCode::NOT_FOUND
            && whole.len() == path.as_str().len()
            && whole.len() <= MAX_UNROUTED_LEN
            && whole == req.path();
        if !by_path {
            return self.of_match(store, req).0;
        }
        if self.unrouted.contains(whole.as_bytes())
            && let Some(route) = self.no_endpoint
        {
            return route;
        }
        self.learn_unrouted(store, req, whole)
    }

    #[cold]
    fn learn_unrouted(&mut self, store: &Store, req: &HttpRequest, path: &str) -> Route {
        let (route, pattern) = self.of_match(store, req);
        let resources = req.resource_map();
        let remembers = *self
            .remembers_unrouted
            .get_or_insert_with(|| !resources.has_resource(NO_PATH));
        if pattern.is_none() && remembers {
            self.no_endpoint = Some(route);
            if self.unrouted.len() >= MAX_UNROUTED {
                self.unrouted.clear();
            }
            self.unrouted.insert(path.as_bytes().into());
        }
        route
    }

    /// Learns the route of a path that is its own pattern.
    #[cold]
    fn learn_static(&mut self, store: &Store, req: &HttpRequest) -> Route {
        let (route, pattern) = self.of_match(store, req);
        let path = req.match_info().as_str();
        if pattern.as_deref() == Some(path) {
            self.statics.insert(path.as_bytes().into(), route);
        }
        route
    }

    /// Learns the route of a shape, if that is certain. What was learnt first stays.
    #[cold]
    fn learn_shape(&mut self, store: &Store, req: &HttpRequest) -> Route {
        let (route, pattern) = self.of_match(store, req);
        let path: &Path<Url> = req.match_info();
        if let Some(pattern) = pattern
            && let Some(matched) = Matched::of(path)
            && self.keys.get(&matched.key).is_none()
            && let Some(shape) = Shape::learn(path, &matched, &pattern)
        {
            self.keys.insert(matched.key, self.shapes.len());
            self.shapes.push((shape, route));
        }
        route
    }

    /// The route of the pattern that Actix tells of a request, and the pattern.
    #[inline]
    fn of_match(&mut self, store: &Store, req: &HttpRequest) -> (Route, Option<String>) {
        let matched = req.match_pattern();
        let pattern = named(matched.as_deref());
        let route = match self.patterns.get(pattern.as_bytes()) {
            Some(route) => route,
            None => {
                self.is_new = true;
                self.add(store, pattern)
            }
        };
        (route, matched)
    }

    /// The route of a pattern, or of what has none.
    pub(super) fn of_pattern(&mut self, store: &Store, pattern: Option<&str>) -> Route {
        let pattern = named(pattern);
        match self.patterns.get(pattern.as_bytes()) {
            Some(route) => route,
            None => self.add(store, pattern),
        }
    }

    #[cold]
    fn add(&mut self, store: &Store, pattern: &str) -> Route {
        let excluded = store.settings().excluded.contains(pattern);
        let route = (!excluded).then(|| store.path(pattern));
        self.patterns.insert(pattern.as_bytes().into(), route);
        route
    }
}

/// What the label says for a pattern.
fn named(pattern: Option<&str>) -> &str {
    match pattern {
        // An empty label does not exist for Prometheus.
        Some("") => "/",
        Some(pattern) => pattern,
        None => NO_ENDPOINT,
    }
}
