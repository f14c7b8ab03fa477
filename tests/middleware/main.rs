//! Integration with Actix: the labels under common middlewares, routes and servers.

#![allow(clippy::unwrap_used)]

mod blocking;
mod event_loop;
mod misuse;
mod routes;
mod servers;
mod wrapped;

use gds_metrics::{Format, GdsMetrics};

/// Metrics without the host label, for tests that do not concern it.
fn hostless() -> GdsMetrics {
    let builder = GdsMetrics::builder().without_host_label();
    builder.build().unwrap()
}

/// The recorded requests, as `GET /items/{id} 200 x1`, with the host in the second place if there
/// is a host label.
fn recorded(metrics: &GdsMetrics) -> Vec<String> {
    let text = metrics.encode(Format::Text).unwrap();
    let requests = text
        .lines()
        .filter_map(|line| line.strip_prefix("http_server_requests_total{"));
    requests
        .map(|line| {
            let (labels, count) = line.rsplit_once("} ").unwrap();
            let values: Vec<_> = labels.split('"').skip(1).step_by(2).collect();
            format!("{} x{count}", values.join(" "))
        })
        .collect()
}
