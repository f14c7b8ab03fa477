//! The server for all cases.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use actix_web::{
    App, Error, HttpResponse, HttpServer,
    body::MessageBody,
    dev::{Service as _, ServiceRequest, ServiceResponse},
    error,
    http::StatusCode,
    middleware::{Next, from_fn},
    rt::time::{sleep, timeout},
    web::{self, Bytes, Data, ServiceConfig},
};
use futures_util::{Stream, StreamExt as _, stream};
use gds_metrics::{Format, GdsMetrics, LabelNames};
use tokio::sync::Semaphore;

use crate::support::{
    ON_PURPOSE, eventually,
    exposition::Scrape,
    names::NAMES,
    quiet_panics,
    server::{Server, serve},
};

/// The configuration of the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) workers: usize,
    pub(crate) extended: bool,
    pub(crate) half_closed: bool,
    pub(crate) h2c: bool,
    /// The number of seconds that a graceful stop waits.
    pub(crate) grace: u64,
    pub(crate) names: LabelNames,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            workers: 2,
            extended: false,
            half_closed: true,
            h2c: false,
            grace: 20,
            names: LabelNames::Gds,
        }
    }
}

/// Requests and responses, as seen from outside the metrics' middleware.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    started: AtomicU64,
    /// The paths of requests without a head or an end yet, by request number.
    in_flight: Mutex<BTreeMap<u64, String>>,
    /// The values of the header `id` of the requests that have arrived.
    ids: Mutex<HashSet<String>>,
    /// Ended uploads to `/upload/gate`.
    pub(crate) ended_uploads: AtomicU64,
}

impl Traffic {
    pub(crate) fn started(&self) -> u64 {
        self.started.load(SeqCst)
    }

    fn in_flight(&self) -> MutexGuard<'_, BTreeMap<u64, String>> {
        self.in_flight.lock().expect("no panic under the lock")
    }

    fn ids(&self) -> MutexGuard<'_, HashSet<String>> {
        self.ids.lock().expect("no panic under the lock")
    }

    fn begin(self: &Arc<Self>, req: &ServiceRequest) -> InFlight {
        let mut in_flight = self.in_flight();
        let number = self.started.fetch_add(1, SeqCst);
        in_flight.insert(number, req.path().to_owned());
        self.ids().insert(header(req, "id").to_owned());
        InFlight(Arc::clone(self), number)
    }
}

/// A request, until its head is ready or its future is dropped.
struct InFlight(Arc<Traffic>, u64);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight().remove(&self.1);
    }
}

#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) metrics: GdsMetrics,
    pub(crate) server: Server,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) gate: Arc<Semaphore>,
    pub(crate) extended: bool,
    names: LabelNames,
}

impl Shop {
    pub(crate) fn open(setup: Setup) -> Self {
        quiet_panics();
        let mut builder = GdsMetrics::builder()
            .extended(setup.extended)
            .label_names(setup.names);
        if setup.names == LabelNames::OpenTelemetry {
            // Otherwise there is no host label.
            builder = builder.hosts(["app.example", "header.example"]);
        }
        let metrics = builder.build().expect("the defaults");
        let traffic = Arc::<Traffic>::default();
        let gate = Arc::new(Semaphore::new(0));
        let (served, counted, held) = (metrics.clone(), traffic.clone(), gate.clone());
        let server = serve(move |listener| {
            let factory = move || {
                let counted = counted.clone();
                App::new()
                    .app_data(Data::from(held.clone()))
                    .app_data(Data::from(counted.clone()))
                    .service(served.scope())
                    .configure(routes)
                    .wrap_fn(|req, service| {
                        let synchronous = req.headers().contains_key("panic-at-once");
                        assert!(!synchronous, "{ON_PURPOSE}");
                        service.call(req)
                    })
                    .wrap(from_fn(inner))
                    .wrap(served.clone())
                    .wrap(from_fn(outer))
                    .wrap_fn(move |req, service| {
                        let in_flight = counted.begin(&req);
                        let answer = service.call(req);
                        async move {
                            let _in_flight = in_flight;
                            answer.await
                        }
                    })
            };
            let server = HttpServer::new(factory)
                .workers(setup.workers)
                .h1_allow_half_closed(setup.half_closed)
                .shutdown_timeout(setup.grace)
                .disable_signals();
            Ok(if setup.h2c {
                server.listen_auto_h2c(listener)?.run()
            } else {
                server.listen(listener)?.run()
            })
        });
        Self {
            metrics,
            server,
            traffic,
            gate,
            extended: setup.extended,
            names: setup.names,
        }
    }

    /// Waits until this many requests have arrived.
    #[track_caller]
    pub(crate) fn started(&self, requests: u64) {
        eventually(requests, || self.traffic.started());
    }

    /// Waits until the request with this `id` has arrived.
    #[track_caller]
    pub(crate) fn arrived(&self, id: &str) {
        eventually(true, || self.traffic.ids().contains(id));
    }

    /// The paths of the requests without a head or an end yet.
    pub(crate) fn in_flight(&self) -> Vec<String> {
        self.traffic.in_flight().values().cloned().collect()
    }

    /// A scrape, converted to this crate's own label names.
    pub(crate) fn scrape(&self) -> Scrape {
        self.exposed().in_gds_names()
    }

    fn exposed(&self) -> Scrape {
        let text = self.metrics.encode(Format::Text).expect("an exposition");
        let scrape = Scrape::parse(&text);
        scrape.check();
        scrape
    }

    /// Waits until nothing is in flight. Then all started requests are recorded, and none is
    /// active.
    #[track_caller]
    pub(crate) fn settle(&self) -> Scrape {
        eventually([""; 0], || self.in_flight());
        eventually(Vec::new(), || {
            let mut active: Vec<_> = self
                .scrape()
                .of("http_server_active_requests")
                .cloned()
                .collect();
            active.retain(|sample| sample.value != 0.0);
            active
        });
        let scrape = self.scrape();
        assert_eq!(scrape.total(), self.traffic.started());
        self.exposed().check_panics();
        scrape
    }

    /// Waits until nothing is in flight, and compares everything that was recorded. `truncated`, of
    /// the extended group: by client, body error and panic.
    #[track_caller]
    pub(crate) fn expect(&self, recorded: &[&str], exceptions: &[&str], truncated: [f64; 3]) {
        let scrape = self.settle();
        let recorded = recorded.iter().map(|line| match self.names {
            // A port on which the server does not listen has no label.
            LabelNames::OpenTelemetry => line.replace(":8080", ""),
            _ => (*line).to_owned(),
        });
        assert_eq!(scrape.recorded(), recorded.collect::<Vec<_>>());
        assert_eq!(scrape.exceptions(), exceptions);
        if self.extended {
            eventually(truncated, || self.truncated());
        }
    }

    /// The number of truncated bodies, by client, body error and panic.
    pub(crate) fn truncated(&self) -> [f64; 3] {
        let scrape = self.scrape();
        ["client", "body_error", "panic"].map(|reason| {
            let name = "http_server_responses_truncated_total";
            let value = scrape.value(name, &[("reason", reason)]);
            value.expect("there from the start")
        })
    }
}

/// Runs a case without and with the extended group, and with both label names. Neither may change
/// what is recorded.
#[track_caller]
pub(crate) fn play(setup: Setup, case: impl Fn(&mut Shop)) {
    for names in NAMES {
        for extended in [false, true] {
            case(&mut Shop::open(Setup {
                extended,
                names,
                ..setup
            }));
        }
    }
}

fn routes(config: &mut ServiceConfig) {
    config
        .route("/ok", web::route().to(|| async { "ok" }))
        .route("/users/{id}", web::get().to(|| async { "user" }))
        .route("/empty", web::get().to(HttpResponse::NoContent))
        .route(
            "/error",
            web::get().to(|| async { Err::<&str, _>(error::ErrorBadGateway(ON_PURPOSE)) }),
        )
        .route("/panic", web::get().to(panicking))
        .route("/panic/later", web::get().to(panicking_later))
        .route("/wait", web::get().to(waiting))
        .route("/slow", web::get().to(slow))
        .route("/gate", web::get().to(gated))
        .route("/upload", web::post().to(upload))
        .route("/upload/unread", web::post().to(|| async { "unread" }))
        .route("/upload/gate", web::post().to(gated_upload))
        .route("/upload/echo", web::post().to(echo))
        .route("/stream/{chunks}", web::get().to(stream_of))
        .route("/endless", web::get().to(endless))
        .route("/events", web::get().to(events))
        .route("/body/error", web::get().to(failing_body))
        .route("/body/panic", web::get().to(panicking_body))
        .route("/websocket", web::get().to(websocket));
}

async fn panicking() -> HttpResponse {
    panic!("{ON_PURPOSE}")
}

async fn panicking_later() -> HttpResponse {
    sleep(Duration::from_millis(1)).await;
    panic!("{ON_PURPOSE}")
}

async fn waiting() -> HttpResponse {
    std::future::pending().await
}

async fn slow() -> &'static str {
    sleep(Duration::from_millis(5)).await;
    "slow"
}

async fn gated(gate: Data<Semaphore>) -> Result<&'static str, Error> {
    let permit = gate.acquire().await;
    permit.map_err(error::ErrorInternalServerError)?.forget();
    Ok("through")
}

async fn upload(mut payload: web::Payload) -> Result<String, Error> {
    let mut len = 0;
    while let Some(chunk) = payload.next().await {
        len += chunk?.len();
    }
    Ok(len.to_string())
}

/// Reads the whole upload, and then waits.
async fn gated_upload(
    mut payload: web::Payload,
    traffic: Data<Traffic>,
    gate: Data<Semaphore>,
) -> Result<&'static str, Error> {
    while let Some(Ok(_)) = payload.next().await {}
    traffic.ended_uploads.fetch_add(1, SeqCst);
    gated(gate).await
}

async fn echo(payload: web::Payload) -> HttpResponse {
    HttpResponse::Ok().streaming(payload)
}

fn chunks() -> impl Stream<Item = Result<Bytes, Error>> {
    stream::repeat(()).then(|()| async {
        actix_web::rt::task::yield_now().await;
        Ok(Bytes::from_static(&[b'x'; 1024]))
    })
}

async fn stream_of(count: web::Path<usize>) -> HttpResponse {
    HttpResponse::Ok().streaming(chunks().take(*count))
}

async fn endless() -> HttpResponse {
    HttpResponse::Ok().streaming(chunks())
}

async fn events() -> HttpResponse {
    let first = stream::once(async { Ok::<_, Error>(Bytes::from("data: 1\n\n")) });
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .streaming(first.chain(stream::pending()))
}

async fn failing_body() -> HttpResponse {
    let end = stream::once(async { Err(error::ErrorBadGateway(ON_PURPOSE)) });
    HttpResponse::Ok().streaming(chunks().take(1).chain(end))
}

async fn panicking_body() -> HttpResponse {
    let end = stream::once(async {
        // The head and the first part must be sent first.
        actix_web::rt::task::yield_now().await;
        panic!("{ON_PURPOSE}")
    });
    HttpResponse::Ok().streaming(chunks().take(1).chain(end))
}

/// Sends back what it receives, as a websocket would.
async fn websocket(payload: web::Payload) -> HttpResponse {
    HttpResponse::build(StatusCode::SWITCHING_PROTOCOLS)
        .upgrade("websocket")
        .streaming(payload)
}

/// Inside the metrics' middleware.
async fn inner(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    match header(&req, "inner") {
        "err" => Err(error::ErrorServiceUnavailable(ON_PURPOSE)),
        "late err" => {
            next.call(req).await?;
            sleep(Duration::from_millis(1)).await;
            Err(error::ErrorForbidden(ON_PURPOSE))
        }
        "timeout" => match timeout(Duration::from_millis(5), next.call(req)).await {
            Ok(answer) => answer,
            Err(_) => Err(error::ErrorGatewayTimeout(ON_PURPOSE)),
        },
        "rewrite" => rewritten(next.call(req).await),
        _ => next.call(req).await,
    }
}

/// Outside the metrics' middleware.
async fn outer(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    match header(&req, "outer") {
        "late err" => {
            next.call(req).await?;
            Err(error::ErrorForbidden(ON_PURPOSE))
        }
        "timeout" => match timeout(Duration::from_millis(5), next.call(req)).await {
            Ok(answer) => answer,
            Err(_) => Err(error::ErrorGatewayTimeout(ON_PURPOSE)),
        },
        "rewrite" => rewritten(next.call(req).await),
        _ => next.call(req).await,
    }
}

fn header<'r>(req: &'r ServiceRequest, name: &str) -> &'r str {
    let value = req.headers().get(name);
    value.map_or("", |value| value.to_str().expect("text"))
}

fn rewritten<B>(answer: Result<ServiceResponse<B>, Error>) -> Result<ServiceResponse<B>, Error> {
    let mut answer = answer?;
    *answer.response_mut().status_mut() = StatusCode::IM_A_TEAPOT;
    Ok(answer)
}
