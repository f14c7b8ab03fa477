use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(flatten)]
    orders: Counter,
}

fn main() {}
