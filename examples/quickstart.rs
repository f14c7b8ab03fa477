//! Standard metrics, metrics of the application and the live page in one file.
//!
//! ```sh
//! cargo run --example quickstart
//! ```
//!
//! It listens on 127.0.0.1:8080 (or `EXAMPLE_ADDR`) and prints what to try. Open `/metrics/live` in a
//! browser, make some requests, then look at `/metrics`:
//!
//! - `/users/7` and `/users/8` are one series, `path="/users/{id}"`;
//! - `/nope` is `path="No endpoint"`, like any other unknown path;
//! - `/block` holds its worker: the log, `/metrics` and the page name the route;
//! - `/error` and `/panic` are counted in `http_server_exceptions_total`, and the server continues;
//! - `POST /orders` is counted in a metric of the application, `shop_orders_total`.

use std::{env, fmt, io::Write as _, thread, time::Duration};

use actix_web::{
    App, HttpResponse, HttpServer, Responder, ResponseError, get, http::StatusCode, post, web,
};
use gds_metrics::{
    Counter, EncodeLabelSet, EncodeLabelValue, Family, GdsMetricSet, GdsMetrics, Histogram,
};

/// Metrics of the shop.
#[derive(Clone, Debug, GdsMetricSet)]
#[metric(prefix = "shop")]
struct AppMetrics {
    /// Orders placed, by how they were paid.
    #[metric(zero)]
    orders: Family<OrderLabels, Counter>,
    /// Time taken to greet a visitor.
    #[metric(unit = "seconds", buckets = [0.0001, 0.001, 0.01, 0.1])]
    greeting_duration: Histogram,
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

#[derive(Debug)]
enum ShopError {
    NoSuchUser,
    PaymentsDown,
}

impl fmt::Display for ShopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSuchUser => "there is no such user",
            Self::PaymentsDown => "payments are down",
        })
    }
}

impl ResponseError for ShopError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NoSuchUser => StatusCode::NOT_FOUND,
            Self::PaymentsDown => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

#[get("/")]
async fn index(metrics: web::Data<AppMetrics>) -> impl Responder {
    let _timer = metrics.greeting_duration.start_timer();
    "hello\n"
}

#[get("/users/{id}")]
async fn user(id: web::Path<u32>) -> Result<String, ShopError> {
    match id.into_inner() {
        0 => Err(ShopError::NoSuchUser),
        id => Ok(format!("user {id}\n")),
    }
}

#[post("/orders")]
async fn order(metrics: web::Data<AppMetrics>, body: String) -> impl Responder {
    let payment = match body.trim() {
        "invoice" => Payment::Invoice,
        _ => Payment::Card,
    };
    metrics.orders.get_or_create(&OrderLabels { payment }).inc();
    HttpResponse::Created().body("ordered\n")
}

/// Blocks its worker for half a second, which is a mistake: no other request of the worker goes on.
#[get("/block")]
async fn block() -> impl Responder {
    thread::sleep(Duration::from_millis(500));
    "late\n"
}

#[get("/error")]
async fn error() -> Result<String, ShopError> {
    Err(ShopError::PaymentsDown)
}

#[get("/panic")]
#[allow(clippy::panic)]
async fn panic() -> HttpResponse {
    panic!("this handler always panics")
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Prints the crate's warnings, such as that anyone can read the metrics here.
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();

    let metrics = GdsMetrics::builder()
        .from_env()?
        .extended(true)
        .event_loop_delay(true)
        .detect_blocking(Duration::from_millis(100))
        .live_page(true)
        .build()?;
    let app_metrics: AppMetrics = metrics.register()?;

    let address = env::var("EXAMPLE_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(app_metrics.clone()))
            .service(metrics.scope())
            .service((index, user, order, block, error, panic))
            .wrap(metrics.clone())
    })
    .bind(address)?;

    let mut out = std::io::stdout().lock();
    for address in server.addrs() {
        writeln!(out, "Look at http://{address}/metrics/live")?;
        writeln!(out, "Listening on http://{address}")?;
        writeln!(out, "Try:")?;
        writeln!(out, "  curl http://{address}/")?;
        writeln!(out, "  curl http://{address}/users/7")?;
        writeln!(out, "  curl http://{address}/users/0")?;
        writeln!(out, "  curl http://{address}/nope")?;
        writeln!(out, "  curl http://{address}/block")?;
        writeln!(out, "  curl http://{address}/error")?;
        writeln!(out, "  curl http://{address}/panic")?;
        writeln!(out, "  curl -d card http://{address}/orders")?;
        writeln!(out, "and then:")?;
        writeln!(out, "  curl http://{address}/metrics")?;
    }
    drop(out);

    server.run().await?;
    Ok(())
}
