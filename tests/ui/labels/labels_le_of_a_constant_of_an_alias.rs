use gds_metrics::{GdsMetricSet, Histogram};

type Wait = Histogram;

#[derive(GdsMetricSet)]
struct Shop {
    /// Time waited.
    #[metric(unit = "seconds", labels(le = "1"))]
    wait: Wait,
}

fn main() {}
