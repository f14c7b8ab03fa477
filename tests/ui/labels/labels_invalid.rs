use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(labels(größe = "x"))]
    orders: Counter,
}

fn main() {}
