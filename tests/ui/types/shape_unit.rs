use gds_metrics::{GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop;

fn main() {}
