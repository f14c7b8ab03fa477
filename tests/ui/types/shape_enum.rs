use gds_metrics::{GdsMetricSet};

#[derive(GdsMetricSet)]
enum Shop {
    Open,
}

fn main() {}
