use gds_metrics::{GdsMetricSet, Summary};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(unit = "per second")]
    wait: Summary,
}

fn main() {}
