//! A worker's cache of routes, which finds a route without asking Actix for its pattern.
//!
//! Actix allocates a `String` for each pattern that it returns, and searches all of its resources
//! if there is no match. This cache recognises a route by the [shape](Shape) of the match instead.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
};

use actix_web::{HttpRequest, http::StatusCode};
use foldhash::fast::RandomState;

use super::{
    append_only::Map,
    keys::PathId,
    labels::NO_ENDPOINT,
    shape::{Matched, Shape, ShapeKey},
    store::Store,
};

/// The path of a route; `None` if the route is excluded.
pub(super) type Route = Option<PathId>;

/// The maximum number of cached paths without a route. Clients can invent them, so they must be
/// bounded; beyond the limit, the cache is cleared.
const MAX_UNROUTED: usize = 512;
/// The maximum length of a cached path without a route, in bytes.
const MAX_UNROUTED_LEN: usize = 256;
/// A path that no application has, but that a resource for all paths would match.
const NO_PATH: &str = "/\0gds-metrics";

#[derive(Debug, Default)]
pub(super) struct Routes {
    patterns: Map<Box<str>, Route>,
    /// Indices into `shapes`.
    keys: Map<ShapeKey, u32>,
    shapes: Vec<(Shape, Route)>,
    unrouted: HashSet<Box<[u8]>, RandomState>,
    /// Whether `unrouted` can be used: unknown before the first request without a route.
    remembers_unrouted: Option<bool>,
    /// The route of requests without a pattern.
    no_endpoint: Option<Route>,
    /// Whether the last look-up found a new route.
    pub(super) is_new: bool,
}

impl Routes {
    /// The route of a request, and the number of its shape if the shape was learnt.
    ///
    /// Call this after routing. Before routing, Actix answers incorrectly if guards distinguish
    /// scopes with the same prefix. `matched` is `None` if part of the path is unprocessed.
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

    /// Whether a match has this shape. Its key is known to be equal.
    #[inline(never)]
    pub(super) fn is_of(&self, shape: u32, matched: &Matched<'_>) -> bool {
        let shape = self.shapes.get(shape as usize);
        shape.is_some_and(|(shape, _)| shape.is_of(matched))
    }

    /// The route of a request whose path was not fully processed: a resource for all paths with a
    /// prefix, or none. (Or a value does not lie in the path.)
    fn of_unmatched(&mut self, store: &Store, req: &HttpRequest, status: StatusCode) -> Route {
        let path = req.match_info();
        // As in `Matched::of`, Actix may panic.
        let unprocessed = catch_unwind(AssertUnwindSafe(|| path.unprocessed()));
        let whole = unprocessed.unwrap_or_default();
        // If nothing was processed and no resource takes all paths, the path alone determines the
        // route.
        let by_path = status == StatusCode::NOT_FOUND
            && !whole.is_empty()
            && whole.len() == path.as_str().len()
            && whole.len() <= MAX_UNROUTED_LEN
            // Usually both are the same text, which needs no comparison.
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

    /// Learns the route of a shape if the shape is unambiguous. The first one learnt is kept.
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

    /// The route of the pattern that Actix returns for a request, and the pattern.
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

    /// The route of a pattern, or of requests without a pattern.
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

/// The label value of a pattern.
fn named(pattern: Option<&str>) -> &str {
    match pattern {
        // For Prometheus, an empty label is the same as a missing label.
        Some("") => "/",
        Some(pattern) => pattern,
        None => NO_ENDPOINT,
    }
}
