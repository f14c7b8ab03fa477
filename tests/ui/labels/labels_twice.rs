use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(labels(team = "x", team = "y"))]
    orders: Counter,
}

fn main() {}
