use gds_metrics::{GdsMetricSet, Histogram};

#[derive(GdsMetricSet)]
struct Shop {
    #[metric(flatten, labels(le = "1"))]
    waits: Waits,
}

#[derive(GdsMetricSet)]
struct Waits {
    /// Time waited.
    #[metric(unit = "seconds")]
    wait: Histogram,
}

fn main() {}
