//! A worker's memory of routes, and how to tell them without asking Actix for a pattern.
//!
//! Actix makes a new `String` whenever it is asked for a pattern, and without a match it searches all
//! of its resources. What was learnt from an answer is recognised by the [shape](Shape) of the match
//! instead.

use std::{collections::HashSet, ptr};

use actix_web::{HttpRequest, http::StatusCode};
use foldhash::fast::RandomState;

use super::{
    append_only::Map,
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
    patterns: Map<Box<str>, Route>,
    /// The numbers of `shapes`.
    keys: Map<ShapeKey, u32>,
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
    /// The route of a request, and the number of its shape if that was learnt.
    ///
    /// This is asked for after routing. Before it, Actix answers wrongly where guards tell scopes of one
    /// prefix apart. `matched`: `None` if something of the path is left over.
    #[inline]
    pub(super) fn of_request(
        &mut self,
        store: &Store,
        req: &HttpRequest,
        status: StatusCode,
        matched: Option<&Matched<'_>>,
    ) -> (Route, Option<u32>) {
        let Some(matched) = matched else {
            return (self.of_unmatched(store, req, status), None);
        };
        match self.keys.get(&matched.key) {
            Some(&shape) => match self.shapes.get(shape as usize) {
                Some((learnt, route)) if learnt.is_of(matched) => (*route, Some(shape)),
                _ => (self.of_match(store, req).0, None),
            },
            None => self.learn_shape(store, req, matched),
        }
    }

    /// Whether a match whose key is that of a shape is of this shape.
    #[inline(never)]
    pub(super) fn is_of(&self, shape: u32, matched: &Matched<'_>) -> bool {
        let shape = self.shapes.get(shape as usize);
        shape.is_some_and(|(shape, _)| shape.is_of(matched))
    }

    /// The route of a request whose path was not used up: that of a resource for all paths of one
    /// prefix, or none. (Or a value does not lie in the path.)
    fn of_unmatched(&mut self, store: &Store, req: &HttpRequest, status: StatusCode) -> Route {
        let path = req.match_info();
        let whole = path.unprocessed();
        // Where nothing was used up and no resource takes all paths, the path alone tells.
        let by_path = status == StatusCode::NOT_FOUND
            && whole.len() == path.as_str().len()
            && whole.len() <= MAX_UNROUTED_LEN
            // Most often the same text, which needs no comparison.
            && (ptr::eq(whole, req.path()) || whole == req.path());
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

    /// Learns the route of a shape, if that is certain. What was learnt first stays.
    #[cold]
    fn learn_shape(
        &mut self,
        store: &Store,
        req: &HttpRequest,
        matched: &Matched<'_>,
    ) -> (Route, Option<u32>) {
        let (route, pattern) = self.of_match(store, req);
        let shape = pattern.and_then(|pattern| {
            let shape = Shape::learn(req.match_info(), matched, &pattern)?;
            let id = u32::try_from(self.shapes.len()).ok()?;
            self.shapes.push((shape, route));
            self.keys.insert(matched.key, id);
            Some(id)
        });
        (route, shape)
    }

    /// The route of the pattern that Actix tells of a request, and the pattern.
    #[inline]
    fn of_match(&mut self, store: &Store, req: &HttpRequest) -> (Route, Option<String>) {
        let matched = req.match_pattern();
        let pattern = named(matched.as_deref());
        let route = match self.patterns.get(pattern) {
            Some(route) => *route,
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
        match self.patterns.get(pattern) {
            Some(route) => *route,
            None => self.add(store, pattern),
        }
    }

    #[cold]
    fn add(&mut self, store: &Store, pattern: &str) -> Route {
        let excluded = store.settings().excluded.contains(pattern);
        let route = (!excluded).then(|| store.path(pattern));
        if let (Some(path), Some(blocking)) = (route, &store.blocking) {
            blocking.add(path);
        }
        self.patterns.insert(pattern.into(), route);
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
