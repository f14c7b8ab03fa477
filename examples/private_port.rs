//! The metrics on a separate listener: the public one has no `/metrics`.
//!
//! ```sh
//! cargo run --example private_port
//!
//! curl -i http://127.0.0.1:8080/
//! # HTTP/1.1 200 OK
//! curl -i http://127.0.0.1:8080/metrics
//! # HTTP/1.1 404 Not Found
//! curl http://127.0.0.1:9100/metrics
//! # … the metrics, with both requests above, but without this one
//! ```

use std::env;

use actix_web::{App, HttpServer, Responder, get, rt, web};
use gds_metrics::{Counter, GdsMetricSet, GdsMetrics};

/// Metrics of the shop.
#[derive(Clone, Debug, GdsMetricSet)]
#[metric(prefix = "shop")]
struct AppMetrics {
    /// Visits to the front page.
    visits: Counter,
}

#[get("/")]
async fn index(metrics: web::Data<AppMetrics>) -> impl Responder {
    metrics.visits.inc();
    "hello\n"
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let metrics = GdsMetrics::from_env()?;
    let app_metrics: AppMetrics = metrics.register()?;

    let scope = metrics.scope();
    let private = HttpServer::new(move || App::new().service(scope.clone()))
        .workers(1)
        .bind(address("EXAMPLE_METRICS_ADDR", "127.0.0.1:9100"))?
        // The public server handles the signals and ends first, so that its last requests can be scraped.
        .disable_signals();
    for address in private.addrs() {
        println!("Metrics on http://{address}");
    }

    let public = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(app_metrics.clone()))
            .service(index)
            .wrap(metrics.clone())
    })
    .bind(address("EXAMPLE_ADDR", "127.0.0.1:8080"))?;
    for address in public.addrs() {
        println!("Listening on http://{address}");
    }

    let private = private.run();
    let private_handle = private.handle();
    rt::spawn(private);
    public.run().await?;
    private_handle.stop(true).await;
    Ok(())
}

fn address(variable: &str, default: &str) -> String {
    env::var(variable).unwrap_or_else(|_| default.to_owned())
}
