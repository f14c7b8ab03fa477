use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(rename)]
    orders: Counter,
}

fn main() {}
