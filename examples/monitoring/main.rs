//! A shop to monitor, with the standard metrics, the extended group, process metrics, build info and its own
//! metric set. The Prometheus configuration and the dashboard are in the same directory.
//!
//! `examples/monitoring/run.sh` starts everything, including load. `cargo run --example monitoring` starts
//! only the application. The application also prints the files for Prometheus and Grafana:
//! `cargo run --example monitoring -- rules` and `-- dashboard`, each for all jobs or for the job whose name
//! follows. If `OPENTELEMETRY` is set in the environment, all of them have OpenTelemetry's label
//! names. If `NATIVE` is set, the application has native histograms, and the files are for a Prometheus that stores
//! only those.

use std::{env, fmt, io, thread, time::Duration};

use actix_web::{
    App, HttpResponse, HttpServer, Responder, ResponseError, get,
    http::StatusCode,
    post, rt,
    web::{self, Bytes, Data, Path},
};
use futures_util::stream;
use gds_metrics::{
    Counter, EncodeLabelSet, EncodeLabelValue, Family, Gauge, GaugeExt, GdsMetricSet, GdsMetrics,
    Histogram, LabelNames, StateSet, Summary,
};

/// The shop's own metrics.
#[derive(Clone, Debug, GdsMetricSet)]
#[metric(prefix = "shop")]
struct ShopMetrics {
    /// Orders placed, by the way they were paid.
    orders: Family<OrderLabels, Counter>,
    /// Exports that are being written now.
    exports_running: Gauge,
    /// Time taken by the payment provider.
    #[metric(unit = "seconds", buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25])]
    payment_duration: Histogram,
    /// Size of an order as it was sent.
    #[metric(unit = "bytes")]
    order: Summary,
    /// Who puts the orders into boxes.
    packing: StateSet<Packing>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Packing {
    People,
    Machines,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OrderLabels {
    payment: Payment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Payment {
    Card,
    Invoice,
}

/// Counted as `error="PaymentRefused"` and `error="StockUnknown"` in `http_server_exceptions_total`.
#[derive(Debug)]
enum ShopError {
    PaymentRefused,
    StockUnknown,
}

impl fmt::Display for ShopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("please try again later")
    }
}

impl ResponseError for ShopError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::PaymentRefused => StatusCode::BAD_GATEWAY,
            Self::StockUnknown => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

#[get("/")]
async fn index() -> impl Responder {
    "Welcome to the shop.\n"
}

#[get("/items/{id}")]
async fn item(id: Path<u32>) -> Result<HttpResponse, ShopError> {
    match *id {
        0 => Err(ShopError::StockUnknown),
        // An example of a bug, which the dashboard shows as a panic.
        13 => panic!("the shelf with the number 13 was never built"),
        id @ 1..=999 => Ok(HttpResponse::Ok().body(format!("Item {id}.\n"))),
        _ => Ok(HttpResponse::NotFound().finish()),
    }
}

#[post("/orders")]
async fn order(body: Bytes, shop: Data<ShopMetrics>) -> Result<HttpResponse, ShopError> {
    let payment = match body.first() {
        Some(b'i') => Payment::Invoice,
        _ => Payment::Card,
    };
    shop.order.observe(body.len() as f64);
    let timer = shop.payment_duration.start_timer();
    rt::time::sleep(Duration::from_millis(5 + body.len() as u64 % 90)).await;
    timer.stop();
    if body.starts_with(b"refused") {
        return Err(ShopError::PaymentRefused);
    }
    let orders = shop.orders.get_or_create_owned(&OrderLabels { payment });
    orders.inc();
    Ok(HttpResponse::Created().finish())
}

/// Blocks its worker, like a long computation or a blocking call. An alert reports this mistake.
#[get("/stock")]
async fn stock() -> impl Responder {
    thread::sleep(Duration::from_millis(60));
    "Plenty.\n"
}

/// Takes the given time, at most five seconds.
#[get("/reports/{millis}")]
async fn report(millis: Path<u64>) -> impl Responder {
    let millis = millis.into_inner().min(5_000);
    rt::time::sleep(Duration::from_millis(millis)).await;
    "All is well.\n"
}

/// Sends 16 KiB at a time, `count` times. The export called `broken` fails halfway.
#[get("/exports/{name}/{count}")]
async fn export(path: Path<(String, u32)>, shop: Data<ShopMetrics>) -> impl Responder {
    let (name, count) = path.into_inner();
    let fails_at = (name == "broken").then_some(count / 2);
    let running = shop.exports_running.in_progress();
    let pieces = stream::unfold((0, running), move |(at, running)| async move {
        if at == count {
            return None;
        }
        if Some(at) == fails_at {
            let error = io::Error::other("the disk is gone");
            return Some((Err(error), (count, running)));
        }
        rt::time::sleep(Duration::from_millis(20)).await;
        let piece = Bytes::from(vec![b'.'; 16 * 1024]);
        Some((Ok(piece), (at + 1, running)))
    });
    HttpResponse::Ok().streaming(pieces)
}

fn is_native() -> bool {
    env::var_os("NATIVE").is_some()
}

/// Prints the rules or the dashboard for the shop's objectives.
fn print(what: &str, metrics: &GdsMetrics) -> Result<(), Box<dyn std::error::Error>> {
    let mut monitoring = metrics.monitoring().availability(0.999).native(is_native());
    if let Some(job) = env::args().nth(2) {
        monitoring = monitoring.job(job);
    }
    monitoring = monitoring.route_availability("/orders", 0.9995);
    // A latency objective needs classic buckets.
    if !is_native() {
        monitoring = monitoring.latency("/orders", 0.25, 0.99);
    }
    match what {
        "rules" => print!("{}", monitoring.rules()?),
        "dashboard" => print!("{}", monitoring.dashboard()?),
        _ => return Err(format!("{what}: it should be rules or dashboard").into()),
    }
    Ok(())
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut builder = GdsMetrics::builder().from_env()?;
    if env::var_os("OPENTELEMETRY").is_some() {
        builder = builder
            .label_names(LabelNames::OpenTelemetry)
            .hosts(["shop.example"]);
    }
    let metrics = builder
        .native_histograms(is_native())
        .extended(true)
        .process_metrics(true)
        .event_loop_delay(true)
        .detect_blocking(Duration::from_millis(50))
        .build_info("shop", env!("CARGO_PKG_VERSION"))
        .max_hosts(3)
        .exclude("/health")
        .build()?;
    let shop: ShopMetrics = metrics.register()?;
    shop.packing.set(Packing::People);

    if let Some(what) = env::args().nth(1) {
        return print(&what, &metrics);
    }
    let listen = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    HttpServer::new(move || {
        App::new()
            .app_data(Data::new(shop.clone()))
            .app_data(web::PayloadConfig::new(4 * 1024 * 1024))
            .service(metrics.scope())
            .route("/health", web::get().to(HttpResponse::NoContent))
            .service((index, item, order, report, stock, export))
            .wrap(metrics.clone())
    })
    .workers(2)
    .bind(listen)?
    .run()
    .await?;
    Ok(())
}
