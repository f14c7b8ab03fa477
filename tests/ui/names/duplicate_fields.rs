use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    orders: Counter,
    /// Orders placed.
    orders_total: Counter,
}

fn main() {}
