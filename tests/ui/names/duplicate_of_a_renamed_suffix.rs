use gds_metrics::{Gauge, GdsMetricSet, Histogram};

#[derive(GdsMetricSet)]
struct Shop {
    /// Time waited.
    #[metric(unit = "seconds")]
    wait: Histogram,
    /// Times waited.
    #[metric(rename = "wait_seconds_count")]
    waits: Gauge,
}

fn main() {}
