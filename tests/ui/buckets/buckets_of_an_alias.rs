use gds_metrics::{Counter, GdsMetricSet};

type Orders = Counter;

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(buckets = [1.0])]
    orders: Orders,
}

fn main() {}
