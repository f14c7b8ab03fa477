use gds_metrics::{GdsMetricSet, Summary};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(unit = "Seconds")]
    wait: Summary,
}

fn main() {}
