use gds_metrics::{GdsMetricSet};

#[derive(GdsMetricSet)]
union Shop {
    orders: u64,
}

fn main() {}
