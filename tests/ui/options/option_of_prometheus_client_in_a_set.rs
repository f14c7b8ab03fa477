use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
#[prometheus(prefix = "shop")]
struct Shop {
    /// Orders placed.
    orders: Counter,
}

fn main() {}
