use gds_metrics::{Gauge, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// .
    orders: Gauge,
}

fn main() {}
