use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
#[metric(prefix = "shop_")]
struct Shop {
    /// Orders placed.
    orders: Counter,
}

fn main() {}
