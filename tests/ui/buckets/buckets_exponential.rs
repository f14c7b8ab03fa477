use gds_metrics::{GdsMetricSet, Histogram};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(buckets = exponential(0, 1, 0))]
    wait: Histogram,
}

fn main() {}
