use gds_metrics::{Gauge, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    #[doc = concat!(" ", ".")]
    orders: Gauge,
}

fn main() {}
