use gds_metrics::{GdsMetricSet, Histogram};

type Wait = Histogram;

#[derive(GdsMetricSet)]
struct Shop {
    /// Time waited.
    #[metric(prefix = "shop")]
    wait: Wait,
}

fn main() {}
