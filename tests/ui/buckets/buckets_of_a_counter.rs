use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(buckets = [1.0])]
    orders: Counter,
}

fn main() {}
