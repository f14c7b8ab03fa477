//! Serves the metrics: the resource that Prometheus scrapes.

use std::{
    fmt,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, body,
    dev::{AppService, HttpServiceFactory},
    http::{
        Method, StatusCode,
        header::{self, AcceptEncoding, Encoding, Header as _},
    },
    web,
};
use actix_web_httpauth::headers::www_authenticate::bearer::Bearer as Challenge;

use super::{
    access::{Access, Denied},
    body::Chunks,
    render::RenderError,
    renderer::Renderer,
    scrapes::Scrapes,
};
use crate::{
    exposition::{Format, Source},
    requests::Store,
};

/// The name of the scope's resource, used to find it again.
pub(crate) const RESOURCE: &str = "gds_metrics";
/// In seconds; Prometheus ignores it and scrapes at its usual interval.
const RETRY_AFTER: &str = "1";
/// How long a scrape may wait to be rendered.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long a client may stop reading its exposition.
const PATIENCE: Duration = Duration::from_secs(30);

/// The path of the endpoint, its access rules, and whether there is a live page.
#[derive(Debug)]
pub(crate) struct EndpointSettings {
    pub(crate) path: String,
    pub(crate) access: Access,
    /// Whether the live page is served beside the metrics.
    #[cfg(feature = "live-page")]
    pub(crate) live_page: bool,
}

/// The endpoint: its settings, and the metrics that it serves.
pub(crate) struct Endpoint {
    settings: EndpointSettings,
    source: Arc<dyn Source>,
    scrapes: Arc<Scrapes>,
    /// Receives events about the use of the scope.
    store: Arc<Store>,
    pub(super) renderer: Renderer,
    pub(super) patience: Duration,
}

impl Endpoint {
    pub(crate) fn new(
        settings: EndpointSettings,
        source: Arc<dyn Source>,
        scrapes: Arc<Scrapes>,
        store: Arc<Store>,
    ) -> Self {
        Self {
            settings,
            source,
            scrapes,
            store,
            renderer: Renderer::new(DEADLINE),
            patience: PATIENCE,
        }
    }

    #[cfg(feature = "monitoring")]
    pub(crate) fn path(&self) -> &str {
        &self.settings.path
    }

    async fn answer(&self, req: &HttpRequest) -> HttpResponse {
        self.store.notify(|events| events.scope_reached());
        let head = *req.method() == Method::HEAD;
        if !head && *req.method() != Method::GET {
            return HttpResponse::MethodNotAllowed()
                .insert_header((header::ALLOW, "GET, HEAD"))
                .finish();
        }
        let scrapes = &*self.scrapes;
        if let Err(denied) = self.settings.access.check(req).await {
            return refuse(scrapes, denied);
        }

        let format = Format::negotiate(req.headers().get_all(header::ACCEPT));
        let gzip = accepts_gzip(req);
        if head {
            // The headers of `GET` without the length, which is known only after rendering.
            return headers(format, gzip).body(body::None::new());
        }
        match self.renderer.render(&self.source, format, gzip).await {
            Ok(rendered) => {
                scrapes.ok.fetch_add(1, Relaxed);
                scrapes.last_bytes.store(rendered.plain_len as u64, Relaxed);
                headers(format, gzip).body(Chunks::new(rendered, self.patience))
            }
            Err(RenderError::Busy) => {
                scrapes.busy.fetch_add(1, Relaxed);
                HttpResponse::ServiceUnavailable()
                    .insert_header((header::RETRY_AFTER, RETRY_AFTER))
                    .finish()
            }
            Err(RenderError::Failed(failure)) => {
                scrapes.error.fetch_add(1, Relaxed);
                log::error!("a scrape failed: {failure}");
                HttpResponse::InternalServerError().finish()
            }
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Exposes the metrics. [`GdsMetrics::scope`](crate::GdsMetrics::scope) creates it and has an example.
#[derive(Clone, Debug)]
pub struct MetricsScope {
    endpoint: Arc<Endpoint>,
}

impl MetricsScope {
    pub(crate) fn new(endpoint: Arc<Endpoint>) -> Self {
        Self { endpoint }
    }
}

impl HttpServiceFactory for MetricsScope {
    fn register(self, config: &mut AppService) {
        let endpoint = self.endpoint;
        endpoint.store.notify(|events| events.app_starts());
        let path = endpoint.settings.path.clone();
        #[cfg(feature = "live-page")]
        if endpoint.settings.live_page {
            let endpoint = Arc::clone(&endpoint);
            let reply = move |req: &HttpRequest| super::live::Reply {
                is_allowed: endpoint.settings.access.allows_address(req),
                gzip: accepts_gzip(req),
            };
            super::live::register(&path, reply, config);
        }
        // All checks happen here, after routing: `/%6detrics` is this resource, too.
        let answer = move |req: HttpRequest| {
            let endpoint = Arc::clone(&endpoint);
            async move { endpoint.answer(&req).await }
        };
        web::resource(path)
            .name(RESOURCE)
            .route(web::route().to(answer))
            .register(config);
    }
}

fn refuse(scrapes: &Scrapes, denied: Denied) -> HttpResponse {
    match denied {
        Denied::Unauthorized => {
            scrapes.unauthorized.fetch_add(1, Relaxed);
            let challenge = Challenge::build().realm("metrics").finish();
            HttpResponse::Unauthorized()
                .insert_header((header::WWW_AUTHENTICATE, challenge.to_string()))
                .finish()
        }
        Denied::Forbidden => {
            scrapes.forbidden.fetch_add(1, Relaxed);
            HttpResponse::Forbidden().finish()
        }
    }
}

/// Whether the client prefers gzip. If the header is unreadable or refuses everything, nothing is
/// compressed.
fn accepts_gzip(req: &HttpRequest) -> bool {
    let supported = [Encoding::gzip(), Encoding::identity()];
    cfg!(feature = "gzip")
        && AcceptEncoding::parse(req)
            .is_ok_and(|accept| accept.negotiate(supported.iter()) == Some(Encoding::gzip()))
}

fn headers(format: Format, gzip: bool) -> HttpResponseBuilder {
    let mut response = HttpResponseBuilder::new(StatusCode::OK);
    response
        .insert_header((header::CONTENT_TYPE, format.content_type()))
        .insert_header((
            header::CACHE_CONTROL,
            "no-cache, no-store, max-age=0, must-revalidate",
        ))
        .insert_header((header::VARY, "Accept, Accept-Encoding"));
    if gzip {
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    response
}
