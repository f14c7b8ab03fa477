use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(rename = "orders-placed")]
    orders: Counter,
}

fn main() {}
