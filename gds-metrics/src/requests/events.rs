//! What happens while requests are recorded, for others to judge.

use std::fmt;

use actix_web::{HttpRequest, dev::ServiceRequest, http::StatusCode};

/// Is told what may come of a mistake. Nothing of the store is locked or borrowed meanwhile, so it
/// may log.
pub(crate) trait Events: fmt::Debug + Send + Sync {
    /// An app is made, on the thread that will run it.
    fn app_starts(&self);

    /// A middleware is made.
    fn app_wrapped(&self);

    /// A request came as far as the scope.
    fn scope_reached(&self);

    /// The first request of a recorder, before it is routed.
    fn first_request(&self, req: &ServiceRequest);

    /// A recorder sees a route for the first time; its request was answered with this status.
    fn new_route(&self, req: &HttpRequest, status: StatusCode);

    /// A recorder folds a label for the first time. Others may have done so before.
    fn cap_reached(&self, cap: Cap);
}

/// A cap, and how much it allows.
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
    fn cap_reached(&self, _: Cap) {}
}
