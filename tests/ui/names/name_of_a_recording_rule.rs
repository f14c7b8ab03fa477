use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(rename = "shop:orders")]
    orders: Counter,
}

fn main() {}
