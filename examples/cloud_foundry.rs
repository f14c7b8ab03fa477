//! An application as it runs on Cloud Foundry. It needs no configuration: the platform's
//! `VCAP_APPLICATION` contains the token (`application_id`) and the values of the `host` label.
//!
//! Locally, with the variable as the platform sets it:
//!
//! ```sh
//! VCAP_APPLICATION='{"application_id":"5a1d0b1e","application_uris":["shop.example"]}' \
//!     cargo run --example cloud_foundry
//!
//! curl -i http://127.0.0.1:8080/metrics
//! # HTTP/1.1 401 Unauthorized
//! # www-authenticate: Bearer realm="metrics"
//!
//! curl -i -H 'Authorization: Bearer wrong' http://127.0.0.1:8080/metrics
//! # HTTP/1.1 403 Forbidden
//!
//! curl -i -H 'Authorization: Bearer 5a1d0b1e' http://127.0.0.1:8080/metrics
//! # HTTP/1.1 200 OK
//!
//! curl -H 'Host: shop.example' http://127.0.0.1:8080/
//! # recorded with host="shop.example"; without the header, with host="_other"
//! ```
//!
//! Without the variable, anyone can read the metrics, and a warning says so.

use std::env;

use actix_web::{App, HttpServer, Responder, get, web};
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
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();

    let metrics = GdsMetrics::from_env()?;
    let app_metrics: AppMetrics = metrics.register()?;

    // The platform sets PORT. Elsewhere, the example listens on this machine only.
    let address = match env::var("PORT") {
        Ok(port) => format!("0.0.0.0:{port}"),
        Err(_) => env::var("EXAMPLE_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".to_owned()),
    };
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(app_metrics.clone()))
            .service(metrics.scope())
            .service(index)
            .wrap(metrics.clone())
    })
    .bind(address)?;

    for address in server.addrs() {
        println!("Listening on http://{address}");
    }
    server.run().await?;
    Ok(())
}
