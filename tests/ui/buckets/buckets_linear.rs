use gds_metrics::{GdsMetricSet, Histogram};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(buckets = linear(0, -0.5, 4))]
    wait: Histogram,
}

fn main() {}
