use gds_metrics::{GdsMetricSet, Summary};

#[derive(GdsMetricSet)]
struct Shop {
    /// Bytes uploaded.
    uploads_sum: Summary,
}

fn main() {}
