//! Rules and dashboards that are generated from the registered metrics.

mod dashboard;
mod rules;

use gds_metrics::{GdsMetrics, Monitoring};

fn metrics() -> GdsMetrics {
    GdsMetrics::builder().build().unwrap()
}

fn monitoring() -> Monitoring {
    metrics().monitoring()
}
