use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
#[metric(prefix = "orders")]
struct Shop {
    /// Orders placed.
    count: Counter,
}

fn main() {}
