use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
#[metric(prefix = "1shop")]
struct Shop {
    /// Orders placed.
    orders: Counter,
}

fn main() {}
