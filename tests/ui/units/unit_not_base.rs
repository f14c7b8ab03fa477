use gds_metrics::{GdsMetricSet, Summary};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(unit = "ms")]
    wait: Summary,
}

fn main() {}
