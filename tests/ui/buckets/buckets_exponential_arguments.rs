use gds_metrics::{GdsMetricSet, Histogram};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(buckets = exponential(1, 2))]
    wait: Histogram,
}

fn main() {}
