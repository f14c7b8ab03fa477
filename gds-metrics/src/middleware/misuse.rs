//! Detects likely mistakes, and logs once what to change.
//!
//! These checks do not run for each request: only when a worker starts, on its first request, when
//! a route is seen for the first time, and when a cap is reached.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread::{self, ThreadId},
    time::Duration,
};

use actix_web::{
    HttpMessage, HttpRequest,
    dev::ServiceRequest,
    http::{Method, StatusCode},
    test::TestRequest,
};

use crate::{
    endpoint::RESOURCE,
    requests::{Cap, Events},
};

/// What is known about the use of one `GdsMetrics`.
#[derive(Debug)]
pub(crate) struct Misuse {
    built_on: ThreadId,
    /// Whether any request has reached the scope.
    scope_reached: AtomicBool,
    /// Whether any app has been wrapped.
    wrapped: AtomicBool,
    told_not_wrapped: AtomicBool,
    told_twice: AtomicBool,
    told_unreachable: AtomicBool,
    told_hosts: AtomicBool,
    told_label_sets: AtomicBool,
}

impl Misuse {
    pub(crate) fn new() -> Self {
        Self {
            built_on: thread::current().id(),
            scope_reached: AtomicBool::new(false),
            wrapped: AtomicBool::new(false),
            told_not_wrapped: AtomicBool::new(false),
            told_twice: AtomicBool::new(false),
            told_unreachable: AtomicBool::new(false),
            told_hosts: AtomicBool::new(false),
            told_label_sets: AtomicBool::new(false),
        }
    }
}

impl Events for Misuse {
    /// Warns if the metrics were built on this worker thread. Only the closure of `HttpServer::new`
    /// runs here; metrics built outside it belong to another thread.
    fn app_starts(&self) {
        // Each worker has its own metrics in this case, so the flag is shared by all of them.
        static TOLD: AtomicBool = AtomicBool::new(false);

        let thread = thread::current();
        if thread.id() == self.built_on && thread.name().is_some_and(is_worker) && first(&TOLD) {
            log::warn!(
                "`GdsMetrics` is built in the closure of `HttpServer::new`, so each worker has its own \
                 counts, and a scrape shows the counts of one worker: build `GdsMetrics` outside the \
                 closure, and use a clone in the closure"
            );
        }
    }

    /// Detects two nested recorders: both see the same first request.
    fn first_request(&self, req: &ServiceRequest) {
        /// The addresses of the `Misuse` values whose first request this is. The same address twice
        /// means the same metrics.
        struct First(Vec<usize>);

        let address = std::ptr::from_ref(self).addr();
        let mut extensions = req.extensions_mut();
        let is_second = match extensions.get_mut::<First>() {
            Some(First(all)) if all.contains(&address) => true,
            Some(First(all)) => {
                all.push(address);
                false
            }
            None => {
                extensions.insert(First(vec![address]));
                false
            }
        };
        // A logger may use the extensions, so they must not be borrowed while it runs.
        drop(extensions);
        if is_second && first(&self.told_twice) {
            log::warn!(
                "the same `GdsMetrics` wraps an app twice, so each request is counted twice: remove \
                 one `.wrap(metrics.clone())`"
            );
        }
    }

    fn app_wrapped(&self) {
        self.wrapped.store(true, Relaxed);
    }

    /// Every app that records requests exists by then: a private listener shares its metrics with
    /// the public one.
    fn scope_reached(&self) {
        self.scope_reached.store(true, Relaxed);
        if !self.wrapped.load(Relaxed) && first(&self.told_not_wrapped) {
            log::warn!(
                "the metrics are scraped, but no request is recorded, because no app is wrapped: add \
                 `.wrap(metrics.clone())` to the `App` whose requests you want to record"
            );
        }
    }

    /// Checks whether authentication or another route keeps scrapes from the scope.
    fn new_route(&self, req: &HttpRequest, status: StatusCode) {
        if self.scope_reached.load(Relaxed)
            || self.told_unreachable.load(Relaxed)
            // Only a `GET` request shows what would happen to a scrape.
            || *req.method() != Method::GET
            // This is the scope of other metrics.
            || req.match_name() == Some(RESOURCE) && req.match_info().unprocessed().is_empty()
        {
            return;
        }
        let Some(path) = scope_path(req) else {
            return;
        };

        if req.path() == path
            && matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
            && first(&self.told_unreachable)
        {
            log::warn!(
                "a request to `{path}` was answered with {} before it reached `metrics.scope()`: if your \
                 own authentication refused the request, mount the scope outside it, because the scope \
                 checks its own token",
                status.as_u16()
            );
        }

        // A route whose guards refused the request does not take the path. (A 404 keeps the
        // pattern that the path alone would have.)
        let taken = !matches!(
            status,
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED
        );
        if taken
            && let Some(pattern) = req.match_pattern()
            && pattern != path
            && req.resource_map().match_pattern(&path).as_ref() == Some(&pattern)
            && first(&self.told_unreachable)
        {
            let pattern = if pattern.is_empty() { "/" } else { &pattern };
            log::warn!(
                "the route `{pattern}` was registered before `metrics.scope()` and answers the requests to \
                 `{path}`: register `.service(metrics.scope())` before this route"
            );
        }
    }

    fn long_poll(&self, path: &str, held: Duration) {
        log::warn!(
            "a request to `{path}` held its worker for {held:.1?}, so all other requests on that worker \
             waited: move blocking calls and long computations into `actix_web::web::block` \
             (`http_server_blocking_polls_total` counts such polls; the log names each route once)"
        );
    }

    fn cap_reached(&self, cap: Cap) {
        match cap {
            Cap::Hosts(max) if first(&self.told_hosts) => log::warn!(
                "requests named more than {max} hosts, and all further hosts are recorded as \
                 host=\"_other\" until the application restarts: list your hosts with `.hosts([…])` or \
                 METRICS_HOSTS, or raise `.max_hosts(…)`"
            ),
            Cap::LabelSets(max) if first(&self.told_label_sets) => log::warn!(
                "there are more than {max} combinations of method, host, path and code, and further \
                 combinations are recorded as host=\"_other\", or also as path=\"_other\", until the \
                 application restarts: list your hosts with `.hosts([…])` or METRICS_HOSTS, lower \
                 `.max_hosts(…)`, or raise `.max_label_sets(…)`"
            ),
            Cap::Hosts(_) | Cap::LabelSets(_) => {}
        }
    }
}

/// The path of the scope in the app of a request, if the app has the scope.
fn scope_path(req: &HttpRequest) -> Option<String> {
    // Actix builds the URL with the host of the request. A blank request is used here, because
    // Actix would cache what the client says in `Host` and `X-Forwarded-For` before an inner
    // middleware could correct it.
    let blank = TestRequest::default().to_http_request();
    let none: [&str; 0] = [];
    let url = req.resource_map().url_for(&blank, RESOURCE, none).ok()?;
    Some(url.path().to_owned())
}

/// Whether a thread is one of Actix's workers, with or without an Actix system.
fn is_worker(name: &str) -> bool {
    name.starts_with("actix-server worker ")
        || name.starts_with("actix-rt|") && name.contains("|arbiter:")
}

fn first(told: &AtomicBool) -> bool {
    !told.swap(true, Relaxed)
}
