use gds_metrics::{Counter, GdsMetricSet};

type Orders = Counter;

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(zero)]
    orders: Orders,
}

fn main() {}
