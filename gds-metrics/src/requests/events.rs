//! Events during recording, reported to other code.

use std::{fmt, time::Duration};

use actix_web::{HttpRequest, dev::ServiceRequest, http::StatusCode};

/// Receives events that may indicate a mistake. Nothing in the store is locked or borrowed during a
/// call, so an implementation may log.
pub(crate) trait Events: fmt::Debug + Send + Sync {
    /// An app is being created, on the thread that will run it.
    fn app_starts(&self);

    /// A middleware is being created.
    fn app_wrapped(&self);

    /// A request reached the scope.
    fn scope_reached(&self);

    /// The first request of a recorder, before routing.
    fn first_request(&self, req: &ServiceRequest);

    /// A recorder saw a route for the first time; the response had this status.
    fn new_route(&self, req: &HttpRequest, status: StatusCode);

    /// A poll of a request to this path blocked its worker for long: the first long poll of the
    /// path.
    fn long_poll(&self, path: &str, held: Duration);

    /// A recorder folded a label for the first time. Other recorders may have done so before.
    fn cap_reached(&self, cap: Cap);
}

/// A cap and its limit.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cap {
    Hosts(usize),
    LabelSets(usize),
}

#[cfg(test)]
impl Events for () {
    fn app_starts(&self) {}
    fn app_wrapped(&self) {}
    fn scope_reached(&self) {}
    fn first_request(&self, _: &ServiceRequest) {}
    fn new_route(&self, _: &HttpRequest, _: StatusCode) {}
    fn long_poll(&self, _: &str, _: Duration) {}
    fn cap_reached(&self, _: Cap) {}
}
