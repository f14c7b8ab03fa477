use gds_metrics::{Gauge, GdsMetricSet};

#[derive(GdsMetricSet)]
#[metric = "app"]
struct Shop {
    /// Orders placed.
    orders: Gauge,
}

fn main() {}
