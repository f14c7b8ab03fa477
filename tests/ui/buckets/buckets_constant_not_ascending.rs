use gds_metrics::{GdsMetricSet, Histogram};

const BOUNDS: [f64; 2] = [5.0, 1.0];

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(buckets = BOUNDS)]
    wait: Histogram,
}

fn main() {}
