use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
#[metric(labels(team = "y"))]
struct Shop {
    /// Orders placed.
    #[metric(labels(team = "x"))]
    orders: Counter,
}

fn main() {}
