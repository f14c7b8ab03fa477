//! Servers with invented expositions, and with the real page.

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use actix_web::{App, HttpResponse, HttpServer, web};
use gds_metrics::GdsMetrics;

use crate::support::server::{Server, serve};

/// Serves the page, and at `/metrics` what `expose` returns for the number of the scrape.
pub(crate) fn exposing(expose: fn(u64) -> String) -> Server {
    let metrics = GdsMetrics::builder().live_page(true).build();
    let metrics = metrics.expect("the defaults");
    let scrapes = Arc::new(AtomicU64::new(0));
    serve(move |listener| {
        let server = HttpServer::new(move || {
            let scrapes = Arc::clone(&scrapes);
            let answer = move || {
                let text = expose(scrapes.fetch_add(1, Relaxed));
                async move { HttpResponse::Ok().content_type("text/plain").body(text) }
            };
            App::new()
                .route("/metrics", web::get().to(answer))
                .service(metrics.scope())
        });
        Ok(server.workers(1).listen(listener)?.run())
    })
}

/// One label set of the duration's histogram, with `count` requests that all took from 0.1 to 0.2
/// seconds.
pub(crate) fn push_duration(text: &mut String, labels: &str, count: u64) {
    let name = "http_server_request_duration_seconds";
    for bound in [
        "0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.2", "0.5", "0.75", "1.0", "2.5",
        "5.0", "7.5", "10.0", "+Inf",
    ] {
        let is_below = bound.parse().is_ok_and(|bound: f64| bound < 0.2);
        let count = if is_below { 0 } else { count };
        let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{bound}\"}} {count}");
    }
    let _ = writeln!(text, "{name}_sum{{{labels}}} {count}.5");
    let _ = writeln!(text, "{name}_count{{{labels}}} {count}");
}

pub(crate) const DURATION: &str = "\
# HELP http_server_request_duration_seconds Server request duration in seconds
# TYPE http_server_request_duration_seconds histogram
";
