//! Serving the metrics: the resource that a Prometheus scrapes.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    sync::atomic::Ordering::Relaxed,
    task::{Context, Poll, ready},
};

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    body::{BodySize, MessageBody},
    dev::{AppService, HttpServiceFactory},
    http::{
        Method, StatusCode,
        header::{self, AcceptEncoding, Encoding, Header as _},
    },
    rt::task::yield_now,
    web::{self, Bytes},
};
use actix_web_httpauth::headers::www_authenticate::bearer::Bearer as Challenge;

use super::{
    access::Denied,
    render::{INLINE, RenderError},
    rendered::{Rendered, Unsent},
    scrapes::Scrapes,
};
use crate::{exposition::Format, instance::GdsMetrics, middleware::misuse::RESOURCE};

/// In seconds; Prometheus itself just scrapes again.
const RETRY_AFTER: &str = "1";

impl GdsMetrics {
    /// The service that exposes the metrics, at the path that was set (`/metrics`, unless it was).
    ///
    /// Mount it on the same `App` as your routes, or on a private server's. It answers `GET` and
    /// `HEAD`, in the text format that the client prefers, compressed if the client wishes.
    ///
    /// Register it before a catch-all route, and outside of your own authentication: it brings its
    /// own, see [`GdsMetricsBuilder::bearer_token`](crate::GdsMetricsBuilder::bearer_token).
    ///
    /// ```
    /// use actix_web::App;
    /// use gds_metrics::GdsMetrics;
    ///
    /// # fn main() -> Result<(), gds_metrics::ConfigError> {
    /// let metrics = GdsMetrics::builder().build()?;
    /// let app = App::new().service(metrics.scope()).wrap(metrics.clone());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "mount the scope on an `App` with `.service(…)`"]
    pub fn scope(&self) -> MetricsScope {
        MetricsScope {
            metrics: self.clone(),
        }
    }
}

/// Exposes the metrics; made by [`GdsMetrics::scope`].
#[derive(Clone, Debug)]
pub struct MetricsScope {
    metrics: GdsMetrics,
}

impl HttpServiceFactory for MetricsScope {
    fn register(self, config: &mut AppService) {
        let metrics = self.metrics;
        metrics.store().misuse.app_starts();
        #[cfg(feature = "live-page")]
        if metrics.has_live_page() {
            let metrics = metrics.clone();
            let path = metrics.path().to_owned();
            let reply = move |req: &HttpRequest| super::live::Reply {
                is_allowed: metrics.access().allows_address(req),
                gzip: accepts_gzip(req),
            };
            super::live::register(&path, reply, config);
        }
        let path = metrics.path().to_owned();
        // Everything happens in here, after routing: `/%6detrics` is this resource as well.
        let answer = move |req: HttpRequest| {
            let metrics = metrics.clone();
            async move { answer(&metrics, &req).await }
        };
        web::resource(path)
            .name(RESOURCE)
            .route(web::route().to(answer))
            .register(config);
    }
}

async fn answer(metrics: &GdsMetrics, req: &HttpRequest) -> HttpResponse {
    metrics.store().misuse.scope_reached();
    if !matches!(*req.method(), Method::GET | Method::HEAD) {
        return HttpResponse::MethodNotAllowed()
            .insert_header((header::ALLOW, "GET, HEAD"))
            .finish();
    }
    let scrapes = metrics.scrapes();
    if let Err(denied) = metrics.access().check(req).await {
        return refuse(scrapes, denied);
    }

    let format = Format::negotiate(req.headers().get_all(header::ACCEPT));
    let gzip = accepts_gzip(req);
    match metrics.render(format, gzip).await {
        Ok(rendered) => {
            scrapes.ok.fetch_add(1, Relaxed);
            scrapes.last_bytes.store(rendered.plain_len as u64, Relaxed);
            expose(rendered, format, gzip, req.method() == Method::HEAD)
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

/// Whether the client prefers gzip. What cannot be read, or refuses all there is, gets it plain.
fn accepts_gzip(req: &HttpRequest) -> bool {
    let supported = [Encoding::gzip(), Encoding::identity()];
    AcceptEncoding::parse(req)
        .is_ok_and(|accept| accept.negotiate(supported.iter()) == Some(Encoding::gzip()))
}

fn expose(rendered: Rendered, format: Format, gzip: bool, head: bool) -> HttpResponse {
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
    let Rendered {
        chunks,
        len,
        unsent,
        ..
    } = rendered;
    response.body(Chunks {
        len,
        takes_turns: len > INLINE as u64,
        left: if head { VecDeque::new() } else { chunks.into() },
        turn: None,
        unsent: (!head).then_some(unsent),
    })
}

/// A body whose size is known and whose bytes come in pieces, or, for `HEAD`, not at all.
///
/// Actix asks a body for more as long as the socket takes it, and a Prometheus nearby takes many
/// megabytes. So after each piece of a large one it is first the turn of what else the worker has to
/// do. A small one goes at once: Actix, told not to allow half-closed connections, would cut it off.
struct Chunks {
    len: u64,
    takes_turns: bool,
    left: VecDeque<Bytes>,
    turn: Option<Turn>,
    /// Less by what is sent; none once the client has gone.
    unsent: Option<Unsent>,
}

/// Of all that is ready, new requests included.
type Turn = Pin<Box<dyn Future<Output = ()>>>;

impl MessageBody for Chunks {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.len)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        if let Some(turn) = &mut this.turn {
            ready!(turn.as_mut().poll(cx));
        }
        let chunk = this.left.pop_front();
        if let (Some(unsent), Some(chunk)) = (&mut this.unsent, &chunk) {
            unsent.sent(chunk);
        }
        this.turn = if this.takes_turns && !this.left.is_empty() {
            Some(Box::pin(yield_now()))
        } else {
            None
        };
        Poll::Ready(chunk.map(Ok))
    }
}
