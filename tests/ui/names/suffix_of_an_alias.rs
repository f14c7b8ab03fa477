use gds_metrics::{Gauge, GdsMetricSet};

type Level = Gauge;

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    orders_total: Level,
}

fn main() {}
