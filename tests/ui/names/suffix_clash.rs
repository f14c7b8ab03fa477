use gds_metrics::{Gauge, GdsMetricSet, Histogram};

#[derive(GdsMetricSet)]
struct Shop {
    /// Time waited.
    #[metric(unit = "seconds")]
    wait: Histogram,
    /// Times waited.
    wait_seconds_count: Gauge,
}

fn main() {}
