//! Rules and dashboards that are made from what is registered.

mod dashboard;
mod rules;

use gds_metrics::{GdsMetrics, Monitoring};

fn metrics() -> GdsMetrics {
    GdsMetrics::builder().build().unwrap()
}

fn monitoring() -> Monitoring {
    metrics().monitoring()
}
