use gds_metrics::{GdsMetricSet, Histogram};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(buckets = [0.1, 5, 1.0])]
    wait: Histogram,
}

fn main() {}
