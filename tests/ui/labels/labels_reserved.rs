use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(labels(__team = "x"))]
    orders: Counter,
}

fn main() {}
