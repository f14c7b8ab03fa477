use gds_metrics::{Gauge, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    orders_created: Gauge,
}

fn main() {}
