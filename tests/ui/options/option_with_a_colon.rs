use gds_metrics::{Gauge, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(unit: "seconds")]
    orders: Gauge,
}

fn main() {}
