//! Telling a route by its resource's name, without asking for its pattern.
//!
//! Actix makes a new `String` whenever it is asked for a pattern, but lends a resource's name. The
//! name's place in memory stands for the resource: it stays where it is as long as the worker does.
//!
//! A name alone is not proof. For a resource that has none, Actix searches its map by path and may
//! lend the name of another one, which a guard refused. So the shape of the match is compared as
//! well: the last dynamic segment, whose name Actix keeps once for each resource, or, where there
//! is none, the path itself.

use actix_web::HttpRequest;

use super::{mirror::Route, store::Map};

#[derive(Debug, Default)]
pub(super) struct NamedRoutes {
    /// By the address of the name.
    routes: Map<usize, Named>,
}

impl NamedRoutes {
    /// The route of a request whose resource is called `name`, if it was learnt before.
    pub(super) fn get(&self, name: &str, req: &HttpRequest) -> Option<Route> {
        let named = self.routes.get(&name.as_ptr().addr())?;
        named.shape.is_of(req).then_some(named.route)
    }

    /// Learns the route of such a request. What was learnt first stays: a resource with several
    /// patterns has just one of them told by its name.
    pub(super) fn learn(&mut self, name: &str, req: &HttpRequest, route: Route) {
        self.routes
            .entry(name.as_ptr().addr())
            .or_insert_with(|| Named {
                shape: Shape::of(req),
                route,
            });
    }
}

#[derive(Debug)]
struct Named {
    shape: Shape,
    route: Route,
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
            None => Self::Static(req.path().into()),
        }
    }

    fn is_of(&self, req: &HttpRequest) -> bool {
        match self {
            Self::Static(path) => req.match_info().is_empty() && **path == *req.path(),
            Self::Dynamic(count, address) => {
                req.match_info().segment_count() == *count && last_segment(req) == Some(*address)
            }
        }
    }
}

fn last_segment(req: &HttpRequest) -> Option<usize> {
    let (name, _) = req.match_info().iter().last()?;
    Some(name.as_ptr().addr())
}
