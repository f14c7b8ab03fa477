use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(rename = "a", rename = "b")]
    orders: Counter,
}

fn main() {}
