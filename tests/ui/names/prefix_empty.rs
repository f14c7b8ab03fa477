use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
#[metric(prefix = "")]
struct Shop {
    /// Orders placed.
    orders: Counter,
}

fn main() {}
