use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(labels(team = ""))]
    orders: Counter,
}

fn main() {}
