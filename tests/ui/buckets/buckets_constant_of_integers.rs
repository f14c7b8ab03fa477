use gds_metrics::{GdsMetricSet, Histogram};

const BOUNDS: [u64; 2] = [1, 2];

#[derive(GdsMetricSet)]
struct Shop {
    /// Sizes of orders.
    #[metric(buckets = BOUNDS)]
    sizes: Histogram,
}

fn main() {}
