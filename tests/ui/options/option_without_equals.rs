use gds_metrics::{Gauge, GdsMetricSet};

#[derive(GdsMetricSet)]
#[metric(prefix "app")]
struct Shop {
    /// Orders placed.
    orders: Gauge,
}

fn main() {}
