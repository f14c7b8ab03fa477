use gds_metrics::{Gauge, GdsMetricSet};

#[derive(GdsMetricSet)]
#[metric(r#prefix = "app_")]
struct Shop {
    /// Orders placed.
    orders: Gauge,
}

fn main() {}
