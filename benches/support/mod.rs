//! Shared by all benches: the apps that are measured, and the requests that are sent to them.

#![allow(dead_code, clippy::missing_panics_doc, clippy::panic)]

pub mod callgrind;
#[cfg(feature = "peers")]
pub mod peers;
#[cfg(feature = "peers")]
pub mod scrapes;

use std::{env, future::poll_fn, hint::black_box, pin::pin, task::Poll, time::Duration};

use actix_http::Request;
use actix_service::{IntoServiceFactory, ServiceFactory};
use actix_web::{
    App, Error, HttpResponse,
    body::MessageBody,
    dev::{AppConfig, Service, ServiceResponse},
    get,
    rt::System,
    test, web,
};
use gds_metrics::{GdsMetrics, LabelNames};

/// The arguments, without those that cargo adds.
pub fn arguments() -> Vec<String> {
    env::args().skip(1).filter(|arg| arg != "--bench").collect()
}

/// What wraps the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Nothing: Actix alone, with a route at `/metrics`.
    Bare,
    /// A middleware that asks for the pattern and drops it.
    Pattern,
    Ours,
    #[cfg(feature = "peers")]
    ActixWebProm,
    #[cfg(feature = "peers")]
    ActixWebMetrics,
    /// `Family<Labels, …>` of prometheus-client, without caching.
    #[cfg(feature = "peers")]
    Family,
}

impl Subject {
    pub const ALL: &[Self] = &[
        Self::Bare,
        Self::Pattern,
        Self::Ours,
        #[cfg(feature = "peers")]
        Self::ActixWebProm,
        #[cfg(feature = "peers")]
        Self::ActixWebMetrics,
        #[cfg(feature = "peers")]
        Self::Family,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Pattern => "pattern",
            Self::Ours => "gds-metrics",
            #[cfg(feature = "peers")]
            Self::ActixWebProm => "actix-web-prom",
            #[cfg(feature = "peers")]
            Self::ActixWebMetrics => "actix-web-metrics",
            #[cfg(feature = "peers")]
            Self::Family => "Family",
        }
    }

    pub fn named(name: &str) -> Self {
        let mut all = Self::ALL.iter().copied();
        all.find(|subject| subject.name() == name)
            .unwrap_or_else(|| panic!("there is no subject {name}"))
    }
}

/// The requests, and the configuration of the app.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools)]
pub struct Case {
    pub name: &'static str,
    /// Whether the routes are registered with Actix's macros, which name their resources, or with
    /// `App::route`, which does not.
    pub named: bool,
    /// The number of paths without a route that are requested in turn; 0 means paths with a route.
    pub unrouted: usize,
    /// The number of hosts that are used in turn.
    pub hosts: usize,
    pub first_host: usize,
    pub max_hosts: usize,
    pub max_label_sets: usize,
    /// The number of routes with an id, all requested in turn; 0 means the six default routes.
    pub routes: usize,
    pub extended: bool,
    pub native: bool,
    pub exemplars: bool,
    /// Whether each request has a `traceparent`.
    pub traced: bool,
    /// Whether the labels have OpenTelemetry's names. The host is listed then.
    pub opentelemetry: bool,
    /// Whether each request comes from a trusted proxy that forwards the scheme.
    pub proxied: bool,
    /// Whether polls are timed.
    pub blocking: bool,
    /// Whether the handler is ready only at its fifth poll.
    pub pending: bool,
}

const NAMED: Case = Case {
    name: "named",
    named: true,
    unrouted: 0,
    hosts: 1,
    first_host: 0,
    max_hosts: 32,
    max_label_sets: 2000,
    routes: 0,
    extended: false,
    native: false,
    exemplars: false,
    traced: false,
    opentelemetry: false,
    proxied: false,
    blocking: false,
    pending: false,
};
const UNNAMED: Case = Case {
    name: "unnamed",
    named: false,
    ..NAMED
};

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

impl Case {
    pub const ALL: [Self; 21] = [
        NAMED,
        UNNAMED,
        Self {
            name: "no-endpoint",
            unrouted: 50,
            ..NAMED
        },
        Self {
            name: "no-endpoint-unseen",
            unrouted: 1000,
            ..NAMED
        },
        Self {
            name: "hundred-routes",
            routes: 100,
            ..NAMED
        },
        Self {
            name: "hundred-routes-unnamed",
            routes: 100,
            ..UNNAMED
        },
        Self {
            name: "eight-hosts",
            hosts: 8,
            ..NAMED
        },
        Self {
            name: "hosts-beyond",
            hosts: 8,
            max_hosts: 1,
            ..NAMED
        },
        Self {
            name: "at-the-cap",
            max_label_sets: 1,
            ..NAMED
        },
        Self {
            name: "extended",
            extended: true,
            ..NAMED
        },
        Self {
            name: "extended-unnamed",
            extended: true,
            ..UNNAMED
        },
        Self {
            name: "native",
            native: true,
            ..NAMED
        },
        Self {
            name: "extended-native",
            extended: true,
            native: true,
            ..NAMED
        },
        Self {
            name: "exemplars",
            exemplars: true,
            ..NAMED
        },
        Self {
            name: "exemplars-traced",
            exemplars: true,
            traced: true,
            ..NAMED
        },
        Self {
            name: "extended-traced",
            extended: true,
            exemplars: true,
            traced: true,
            ..NAMED
        },
        Self {
            name: "opentelemetry",
            opentelemetry: true,
            ..NAMED
        },
        Self {
            name: "opentelemetry-proxied",
            opentelemetry: true,
            proxied: true,
            ..NAMED
        },
        Self {
            name: "blocking",
            blocking: true,
            ..NAMED
        },
        Self {
            name: "pending",
            pending: true,
            ..NAMED
        },
        Self {
            name: "blocking-pending",
            blocking: true,
            pending: true,
            ..NAMED
        },
    ];

    pub fn of_name(name: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|case| case.name == name)
            .unwrap_or_else(|| panic!("there is no case {name}"))
    }

    /// Five paths in turn, four of them with varying ids.
    pub fn requests(self) -> Vec<(String, String)> {
        (0..1000)
            .map(|i| {
                let host = format!("customer-{}.example.com", self.first_host + i % self.hosts);
                let path = match i % 5 {
                    _ if self.unrouted > 0 => format!("/nothing/{}", i % self.unrouted),
                    _ if self.pending => format!("/pending/{i}"),
                    _ if self.routes > 0 => format!("/collection-{}/{i}", i % self.routes),
                    0 => format!("/users/{i}"),
                    1 => format!("/users/{i}/orders"),
                    2 => format!("/users/{i}/orders/{}", i + 7),
                    3 => format!("/products/{i}/reviews"),
                    _ => "/".to_owned(),
                };
                (host, path)
            })
            .collect()
    }

    pub fn routes(self) -> impl FnOnce(&mut web::ServiceConfig) {
        move |config| {
            for i in 0..self.routes {
                let resource = web::resource(format!("/collection-{i}/{{id}}"));
                let resource = resource.route(web::get().to(answer_one));
                if self.named {
                    config.service(resource.name(&format!("collection_{i}")));
                } else {
                    config.service(resource);
                }
            }
            if self.pending {
                config.route("/pending/{id}", web::get().to(answer_late));
            }
            if self.named {
                config
                    .service(index)
                    .service(health)
                    .service(user)
                    .service(orders)
                    .service(order)
                    .service(reviews);
            } else {
                config
                    .route("/", web::get().to(answer))
                    .route("/health", web::get().to(answer))
                    .route("/users/{id}", web::get().to(answer_one))
                    .route("/users/{id}/orders", web::get().to(answer_one))
                    .route("/users/{id}/orders/{order}", web::get().to(answer_two))
                    .route("/products/{sku}/reviews", web::get().to(answer_one));
            }
        }
    }

    pub fn request(self, host: &str, path: &str) -> Request {
        let mut request = test::TestRequest::with_uri(path)
            .insert_header(("host", host))
            .insert_header(("user-agent", "bench"))
            .insert_header(("accept", "*/*"));
        if self.traced {
            request = request.insert_header(("traceparent", TRACEPARENT));
        }
        if self.proxied {
            let peer = ([10, 0, 0, 1], 443).into();
            request = request
                .peer_addr(peer)
                .insert_header(("x-forwarded-proto", "https"));
        }
        let mut request = request.to_request();
        // The server creates no payload for a request without a body; the test request has an empty
        // one.
        request.take_payload();
        request
    }

    pub fn metrics(self) -> GdsMetrics {
        let mut builder = GdsMetrics::builder()
            .max_hosts(self.max_hosts)
            .max_label_sets(self.max_label_sets)
            .extended(self.extended)
            .native_histograms(self.native)
            .exemplars(self.exemplars);
        if self.blocking {
            // Longer than any poll, even under valgrind.
            builder = builder.detect_blocking(Duration::from_secs(10));
        }
        if self.opentelemetry {
            builder = builder
                .label_names(LabelNames::OpenTelemetry)
                .hosts([format!("customer-{}.example.com", self.first_host)]);
        }
        if self.proxied {
            builder = builder.trusted_proxies(["10.0.0.0/8"]);
        }
        builder.build().expect("the settings are right")
    }
}

#[get("/")]
async fn index() -> HttpResponse {
    answer().await
}

#[get("/health")]
async fn health() -> HttpResponse {
    answer().await
}

#[get("/users/{id}")]
async fn user(id: web::Path<u32>) -> HttpResponse {
    answer_one(id).await
}

#[get("/users/{id}/orders")]
async fn orders(id: web::Path<u32>) -> HttpResponse {
    answer_one(id).await
}

#[get("/users/{id}/orders/{order}")]
async fn order(ids: web::Path<(u32, u32)>) -> HttpResponse {
    answer_two(ids).await
}

#[get("/products/{sku}/reviews")]
async fn reviews(sku: web::Path<u32>) -> HttpResponse {
    answer_one(sku).await
}

async fn answer() -> HttpResponse {
    HttpResponse::Ok().body("hello")
}

async fn answer_one(_id: web::Path<u32>) -> HttpResponse {
    HttpResponse::Ok().body("hello")
}

/// Further polls of a handler that is not ready at the first poll.
pub const FURTHER_POLLS: u32 = 4;

async fn answer_late(_id: web::Path<u32>) -> HttpResponse {
    let mut left = FURTHER_POLLS;
    poll_fn(|cx| match left.checked_sub(1) {
        None => Poll::Ready(()),
        Some(fewer) => {
            left = fewer;
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
    answer().await
}

async fn answer_two(_ids: web::Path<(u32, u32)>) -> HttpResponse {
    HttpResponse::Ok().body("hello")
}

/// The work to do with an app.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// Send this many requests.
    Send(usize),
    /// Send this many requests, and measure the time of one.
    Time(usize),
}

/// Creates the app and does the work. Returns the nanoseconds of processor time for a request, if
/// it is measured.
pub fn run(subject: Subject, case: Case, work: Work) -> f64 {
    run_with(subject, case, case.metrics(), work)
}

/// As [`run`], with metrics that other apps may also record into.
pub fn run_with(subject: Subject, case: Case, metrics: GdsMetrics, work: Work) -> f64 {
    let app = || App::new().configure(case.routes());
    let nothing = || async { HttpResponse::Ok().finish() };
    System::new().block_on(async move {
        match subject {
            Subject::Bare => {
                let app = app().route("/metrics", web::get().to(nothing));
                serve(app, case, work).await
            }
            Subject::Pattern => {
                let app = app().route("/metrics", web::get().to(nothing));
                let app = app.wrap_fn(|req, service| {
                    let response = service.call(req);
                    async move {
                        let response = response.await?;
                        black_box(response.request().match_pattern());
                        Ok(response)
                    }
                });
                serve(app, case, work).await
            }
            Subject::Ours => serve(app().service(metrics.scope()).wrap(metrics), case, work).await,
            #[cfg(feature = "peers")]
            Subject::ActixWebProm => {
                let app = app().wrap(peers::actix_web_prom());
                serve(app, case, work).await
            }
            #[cfg(feature = "peers")]
            Subject::ActixWebMetrics => {
                let app = app().route("/metrics", web::get().to(nothing));
                serve(app.wrap(peers::actix_web_metrics()), case, work).await
            }
            #[cfg(feature = "peers")]
            Subject::Family => {
                let app = app().route("/metrics", web::get().to(nothing));
                let families = peers::Families::default();
                let app = app.wrap_fn(move |req, service| {
                    let recording = families.start(&req);
                    let response = service.call(req);
                    async move {
                        let response = response.await?;
                        recording.end(&response);
                        Ok(response)
                    }
                });
                serve(app, case, work).await
            }
        }
    })
}

async fn serve<R, S, B>(app: R, case: Case, work: Work) -> f64
where
    R: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<B>, Error = Error>,
    S::InitError: std::fmt::Debug,
    B: MessageBody,
{
    let app = test::init_service(app).await;
    let requests = case.requests();
    match work {
        Work::Send(count) => {
            for (host, path) in requests.iter().cycle().take(count) {
                send(&app, case.request(host, path)).await;
            }
            0.0
        }
        Work::Time(count) => {
            for (host, path) in &requests {
                send(&app, case.request(host, path)).await;
            }
            time(&app, case, &requests, count).await
        }
    }
}

/// Sends a request, and reads the response as the server would.
pub async fn send<S, B>(app: &S, request: Request) -> u64
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let response = app.call(request).await.expect("the app answers");
    let (request, response) = response.into_parts();
    let (head, body) = response.into_parts();
    let mut body = pin!(body);
    black_box(body.as_ref().size());
    let mut len = 0;
    while let Some(chunk) = poll_fn(|cx| body.as_mut().poll_next(cx)).await {
        len += black_box(chunk).map_or(0, |chunk| chunk.len() as u64);
    }
    drop((head, request));
    len
}

/// The nanoseconds of processor time for one request, without the time to create the request.
async fn time<S, B>(app: &S, case: Case, requests: &[(String, String)], count: usize) -> f64
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    /// Fewer than Actix keeps for reuse.
    const BATCH: usize = 100;
    let mut spent = Duration::ZERO;
    let mut all = requests.iter().cycle();
    for _ in 0..count / BATCH {
        let batch: Vec<Request> = all
            .by_ref()
            .take(BATCH)
            .map(|(host, path)| case.request(host, path))
            .collect();
        let start = thread_time();
        for request in batch {
            send(app, request).await;
        }
        spent += thread_time().saturating_sub(start);
    }
    spent.as_nanos() as f64 / (count / BATCH * BATCH) as f64
}

/// The processor time of this thread, which other load on the machine disturbs less than the wall
/// clock.
#[cfg(feature = "peers")]
fn thread_time() -> Duration {
    processor_time(rustix::time::ClockId::ThreadCPUTime)
}

#[cfg(not(feature = "peers"))]
fn thread_time() -> Duration {
    unreachable!("only the benches with peers measure time")
}

/// The processor time of all threads of this process.
#[cfg(feature = "peers")]
fn process_time() -> Duration {
    processor_time(rustix::time::ClockId::ProcessCPUTime)
}

#[cfg(feature = "peers")]
fn processor_time(clock: rustix::time::ClockId) -> Duration {
    let time = rustix::time::clock_gettime(clock);
    Duration::new(
        time.tv_sec.try_into().expect("a time that has passed"),
        time.tv_nsec.try_into().expect("less than a second"),
    )
}

/// The minimum processor time of several runs.
#[cfg(feature = "peers")]
pub fn least(times: usize, mut work: impl FnMut()) -> Duration {
    let runs = (0..times).map(|_| {
        let start = process_time();
        work();
        process_time().saturating_sub(start)
    });
    runs.min().unwrap_or_default()
}
