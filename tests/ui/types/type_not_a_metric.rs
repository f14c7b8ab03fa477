use gds_metrics::{GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    orders: String,
}

fn main() {}
