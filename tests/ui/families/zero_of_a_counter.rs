use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(zero)]
    orders: Counter,
}

fn main() {}
