use gds_metrics::{GdsMetricSet, Histogram};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(buckets = [0.1, 0.5, 0.5])]
    wait: Histogram,
}

fn main() {}
