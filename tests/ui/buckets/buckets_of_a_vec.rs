use gds_metrics::{GdsMetricSet, Histogram};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(buckets = vec![0.1, 0.5])]
    wait: Histogram,
}

fn main() {}
