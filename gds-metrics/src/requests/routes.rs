//! A worker's memory of routes, and how to tell them without asking for a pattern.
//!
//! Actix makes a new `String` whenever it is asked for a pattern, but lends a resource's name. The
//! name's place in memory stands for the resource: it stays where it is as long as the worker does.
//!
//! A name alone is not proof. For a resource that has none, Actix searches its map by path and may
//! lend the name of another one, which a guard refused. So the shape of the match is compared as
//! well: the last dynamic segment, whose name Actix keeps once for each resource, or, where there
//! is none, the path itself.

use std::rc::Rc;

use actix_web::{HttpRequest, http::StatusCode};

use super::{
    labels::NO_ENDPOINT,
    recent::RecentMap,
    store::{PathId, Store},
};

/// The path of a route, `None` if nothing is recorded of it.
pub(super) type Route = Option<PathId>;
/// The number of a resource with a name.
type NameId = usize;

#[derive(Debug)]
pub(super) struct Routes {
    patterns: RecentMap<Rc<[u8]>, Route>,
    /// By the address of a resource's name.
    names: RecentMap<usize, NameId>,
    shapes: Vec<(Shape, Route)>,
    /// Whether it is worth asking for a resource's name. On a resource without one, Actix searches
    /// its whole map for it.
    asks_names: bool,
    /// Whether the last look found a route that was not here.
    pub(super) is_new: bool,
}

impl Default for Routes {
    fn default() -> Self {
        Self {
            patterns: RecentMap::default(),
            names: RecentMap::default(),
            shapes: Vec::new(),
            asks_names: true,
            is_new: false,
        }
    }
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
        if self.asks_names
            // What no resource took has no name, and asking would search the whole map in vain.
            && (status != StatusCode::NOT_FOUND || is_routed(req))
        {
            let Some(name) = req.match_name() else {
                let route = self.of_match(store, req);
                // Else it was answered before routing, which says nothing of the resource.
                self.asks_names = !is_routed(req);
                return route;
            };
            let address = name.as_ptr().addr();
            if let Some(id) = self.names.get(&address)
                && let Some((shape, route)) = self.shapes.get(id)
                && shape.is_of(req)
            {
                return *route;
            }
            return self.learn(store, req, address);
        }
        self.of_match(store, req)
    }

    /// The route of the pattern that Actix tells of a request.
    #[inline]
    fn of_match(&mut self, store: &Store, req: &HttpRequest) -> Route {
        let matched = req.match_pattern();
        let pattern = named(matched.as_deref());
        match self.patterns.get(pattern.as_bytes()) {
            Some(route) => route,
            None => {
                self.is_new = true;
                self.add(store, pattern)
            }
        }
    }

    /// Learns the route behind a name, if it is certain: the request was routed, and the path alone
    /// leads to the same pattern, so that the name is not another resource's. What was learnt first
    /// stays: a resource with several patterns has just one of them told by its name.
    #[cold]
    fn learn(&mut self, store: &Store, req: &HttpRequest, address: usize) -> Route {
        let route = self.of_match(store, req);
        if self.names.get(&address).is_none()
            && is_routed(req)
            && req.match_pattern() == req.resource_map().match_pattern(req.path())
        {
            self.names.insert(address, self.shapes.len());
            self.shapes.push((Shape::of(req), route));
        }
        route
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

/// Whether a resource took the whole path, rather than a default service or a middleware before
/// routing.
fn is_routed(req: &HttpRequest) -> bool {
    req.match_info().unprocessed().is_empty()
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

#[derive(Debug)]
enum Shape {
    Static(Box<str>),
    /// How many dynamic segments there are, and the address of the last one's name.
    Dynamic(usize, usize),
}

impl Shape {
    fn of(req: &HttpRequest) -> Self {
        match last_segment(req) {
            Some(address) => Self::Dynamic(req.match_info().segment_count(), address),
            None => Self::Static(req.match_info().as_str().into()),
        }
    }

    fn is_of(&self, req: &HttpRequest) -> bool {
        match self {
            Self::Static(path) => {
                req.match_info().is_empty() && **path == *req.match_info().as_str()
            }
            Self::Dynamic(count, address) => {
                req.match_info().segment_count() == *count && last_segment(req) == Some(*address)
            }
        }
    }
}

/// The address of the last dynamic segment's name.
fn last_segment(req: &HttpRequest) -> Option<usize> {
    let mut last = None;
    for (name, _) in req.match_info().iter() {
        last = Some(name.as_ptr().addr());
    }
    last
}
