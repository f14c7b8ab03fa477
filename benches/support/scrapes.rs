//! Thousands of label sets, and the cost of keeping and exposing them.

use std::{fs, io::Write as _, time::Duration};

use actix_http::Request;
use actix_web::{
    App, Error, HttpRequest, HttpResponse,
    body::BoxBody,
    dev::{Service, ServiceResponse},
    http::{Method, StatusCode},
    rt::System,
    test::{self, TestRequest},
    web,
};
use flate2::{Compression, write::GzEncoder};
use gds_metrics::GdsMetrics;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, TextEncoder};

use super::{
    peers::{self, BUCKETS, Families, Labels},
    send,
};

/// The crate that keeps and exposes the standard metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposer {
    /// Through the resource: the cost of a scrape, except the socket.
    Ours,
    PrometheusClient,
    /// The crate that actix-web-prom is built on.
    Prometheus,
    MetricsExporter,
}

impl Exposer {
    pub const ALL: [Self; 4] = [
        Self::Ours,
        Self::PrometheusClient,
        Self::Prometheus,
        Self::MetricsExporter,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "gds-metrics",
            Self::PrometheusClient => "prometheus-client",
            Self::Prometheus => "prometheus",
            Self::MetricsExporter => "metrics-exporter-prometheus",
        }
    }

    pub fn named(name: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|exposer| exposer.name() == name)
            .unwrap_or_else(|| panic!("nobody is called {name}"))
    }
}

/// Which label has many values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Many {
    Routes,
    Hosts,
}

impl Many {
    pub fn name(self) -> &'static str {
        match self {
            Self::Routes => "routes",
            Self::Hosts => "hosts",
        }
    }

    pub fn named(name: &str) -> Self {
        if name == "hosts" {
            Self::Hosts
        } else {
            Self::Routes
        }
    }
}

/// The request for the exposition.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ask {
    pub openmetrics: bool,
    pub gzip: bool,
}

const METHODS: [Method; 5] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::DELETE,
    Method::PATCH,
];
const CODES: [u16; 4] = [200, 201, 404, 503];
const FEW: usize = 5;

#[derive(Clone, Debug)]
pub struct LabelSet {
    method: Method,
    host: usize,
    route: usize,
    code: u16,
}

impl LabelSet {
    /// Routes are spread over scopes, so that Actix does not spend the set-up on searching them.
    fn path(&self) -> String {
        format!(
            "/scope-{:02}/resources/{:05}",
            self.route % SCOPES,
            self.route
        )
    }

    fn host(&self) -> String {
        format!("app-{:05}.example", self.host)
    }

    pub fn request(&self) -> Request {
        TestRequest::with_uri(&format!("{}?{}", self.path(), self.code))
            .method(self.method.clone())
            .insert_header(("host", self.host()))
            .to_request()
    }

    fn labels(&self) -> Labels {
        Labels {
            method: self.method.to_string(),
            host: self.host(),
            path: self.path(),
            code: self.code,
        }
    }
}

const SCOPES: usize = 100;

/// Twenty label sets for each route, or for each host.
pub fn label_sets(many: Many, count: usize) -> Vec<LabelSet> {
    (0..count)
        .map(|i| match many {
            Many::Routes => LabelSet {
                method: METHODS[i % 5].clone(),
                host: 0,
                route: i / 20,
                code: CODES[i / 5 % 4],
            },
            Many::Hosts => LabelSet {
                method: METHODS[i % 2].clone(),
                host: i / 20,
                route: i / 4 % FEW,
                code: CODES[i / 2 % 2],
            },
        })
        .collect()
}

#[derive(Clone, Copy, Debug)]
pub struct Scrape {
    pub least: Duration,
    pub bytes: u64,
    /// Resident memory for each label set.
    pub memory_per_set: f64,
    /// Peak resident memory during a scrape, beyond the memory before it.
    pub peak: u64,
}

pub fn measure(exposer: Exposer, many: Many, count: usize, ask: Ask, times: usize) -> Scrape {
    let sets = label_sets(many, count);
    match exposer {
        Exposer::Ours => ours(&sets, ask, times),
        Exposer::PrometheusClient => {
            let families = Families::default();
            let registry = families.registry();
            let memory = kept(&sets, |set| families.record(&set.labels(), seconds(set)));
            scrape(memory, times, || {
                let mut text = String::new();
                prometheus_client::encoding::text::encode(&mut text, &registry)
                    .expect("the registry can be encoded");
                if ask.gzip {
                    compressed(&text, Compression::fast()).len()
                } else {
                    text.len()
                }
            })
        }
        Exposer::Prometheus => {
            let labels = &["method", "host", "path", "code"];
            let options = Opts::new("http_server_requests_total", "Total requests");
            let requests = IntCounterVec::new(options, labels).expect("the names are right");
            let options = HistogramOpts::new(
                "http_server_request_duration_seconds",
                "Server request duration in seconds",
            );
            let duration = HistogramVec::new(options.buckets(BUCKETS.to_vec()), labels)
                .expect("the names are right");
            let registry = prometheus::Registry::new();
            for collector in [
                Box::new(requests.clone()) as Box<dyn prometheus::core::Collector>,
                Box::new(duration.clone()),
            ] {
                registry.register(collector).expect("they are two");
            }
            let memory = kept(&sets, |set| {
                let (host, path, code) = (set.host(), set.path(), set.code.to_string());
                let values = [set.method.as_str(), &host, &path, &code];
                requests.with_label_values(&values).inc();
                duration.with_label_values(&values).observe(seconds(set));
            });
            scrape(memory, times, || {
                TextEncoder::new()
                    .encode_to_string(&registry.gather())
                    .expect("the registry can be encoded")
                    .len()
            })
        }
        Exposer::MetricsExporter => {
            let handle = peers::exporter();
            let memory = kept(&sets, |set| {
                let labels = [
                    ("method", set.method.to_string()),
                    ("host", set.host()),
                    ("path", set.path()),
                    ("code", set.code.to_string()),
                ];
                metrics::counter!("http_server_requests_total", &labels).increment(1);
                metrics::histogram!("http_server_request_duration_seconds", &labels)
                    .record(seconds(set));
            });
            // Before this call, a histogram is a list of all observations.
            handle.run_upkeep();
            scrape(memory, times, || handle.render().len())
        }
    }
}

fn seconds(set: &LabelSet) -> f64 {
    1e-9 * (1000 + set.route % 997 + set.host % 991) as f64
}

/// Calls `record` for every label set, and returns the memory for each.
fn kept(sets: &[LabelSet], mut record: impl FnMut(&LabelSet)) -> f64 {
    let before = memory("VmRSS:");
    sets.iter().for_each(&mut record);
    (memory("VmRSS:") - before) as f64 / sets.len() as f64
}

fn scrape(memory_per_set: f64, times: usize, mut scrape: impl FnMut() -> usize) -> Scrape {
    let before = reset_peak();
    let bytes = scrape() as u64;
    let peak = memory("VmHWM:").saturating_sub(before);
    Scrape {
        least: super::least(times, || {
            scrape();
        }),
        bytes,
        memory_per_set,
        peak,
    }
}

fn ours(sets: &[LabelSet], ask: Ask, times: usize) -> Scrape {
    let metrics = GdsMetrics::builder()
        .max_label_sets(sets.len() + 10)
        .max_hosts(sets.len().min(60_000))
        .build()
        .expect("the settings are right");
    System::new().block_on(async {
        let app = app(&metrics, sets).await;
        send(&app, request(&ask)).await;

        let before = memory("VmRSS:");
        for set in sets {
            send(&app, set.request()).await;
        }
        let memory_per_set = (memory("VmRSS:") - before) as f64 / sets.len() as f64;

        let before = reset_peak();
        let bytes = send(&app, request(&ask)).await;
        let peak = memory("VmHWM:").saturating_sub(before);
        let mut least = Duration::MAX;
        for _ in 0..times {
            let start = super::process_time();
            send(&app, request(&ask)).await;
            least = least.min(super::process_time().saturating_sub(start));
        }
        Scrape {
            least,
            bytes,
            memory_per_set,
            peak,
        }
    })
}

fn request(ask: &Ask) -> Request {
    let mut request =
        TestRequest::with_uri("/metrics").insert_header(("host", "app-00000.example"));
    if ask.openmetrics {
        request = request.insert_header(("accept", "application/openmetrics-text"));
    }
    if ask.gzip {
        request = request.insert_header(("accept-encoding", "gzip"));
    }
    request.to_request()
}

async fn app(
    metrics: &GdsMetrics,
    sets: &[LabelSet],
) -> impl Service<Request, Response = ServiceResponse<BoxBody>, Error = Error> {
    let app = App::new()
        .service(metrics.scope())
        .configure(resources(sets));
    test::init_service(
        app.wrap_fn(|req, service| {
            let response = service.call(req);
            async move { Ok(response.await?.map_into_boxed_body()) }
        })
        .wrap(metrics.clone())
        .wrap_fn(|req, service| {
            let response = service.call(req);
            async move { Ok(response.await?.map_into_boxed_body()) }
        }),
    )
    .await
}

/// A route for each one in the label sets.
pub fn resources(sets: &[LabelSet]) -> impl FnOnce(&mut web::ServiceConfig) + use<> {
    let routes = sets.iter().map(|set| set.route).max().unwrap_or_default() + 1;
    move |config| {
        for scope in 0..SCOPES.min(routes) {
            let scoped = (scope..routes).step_by(SCOPES).fold(
                web::scope(&format!("/scope-{scope:02}")),
                |scoped, route| scoped.route(&format!("/resources/{route:05}"), web::to(answer)),
            );
            config.service(scoped);
        }
    }
}

/// Responds with the status from the query.
async fn answer(req: HttpRequest) -> HttpResponse {
    let status = req.query_string().parse().ok();
    let status = status.and_then(|code| StatusCode::from_u16(code).ok());
    HttpResponse::build(status.unwrap_or(StatusCode::BAD_REQUEST)).finish()
}

/// A line of the kernel's status of this process, in bytes.
fn memory(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux says it here");
    let found = status.lines().find_map(|found| found.strip_prefix(line));
    let kibibytes = found.and_then(|rest| rest.trim().strip_suffix(" kB"));
    1024 * kibibytes
        .and_then(|number| number.parse::<u64>().ok())
        .expect("a number of kB")
}

/// Resets the peak of the resident memory; returns the current resident memory.
fn reset_peak() -> u64 {
    fs::write("/proc/self/clear_refs", "5").expect("Linux takes it here");
    memory("VmRSS:")
}

/// A text, compressed by the encoder that this crate uses.
pub fn compressed(text: &str, level: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder
        .write_all(text.as_bytes())
        .expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

/// The exposition of this many label sets with this crate.
pub fn text(count: usize) -> String {
    let sets = label_sets(Many::Routes, count);
    let metrics = GdsMetrics::builder()
        .max_label_sets(count)
        .build()
        .expect("the settings are right");
    System::new().block_on(async {
        let app = app(&metrics, &sets).await;
        for set in &sets {
            send(&app, set.request()).await;
        }
    });
    metrics
        .encode(gds_metrics::Format::Text)
        .expect("the metrics can be encoded")
}
