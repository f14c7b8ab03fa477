use gds_metrics::{GdsMetricSet, Histogram};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(labels(le = "x"))]
    wait: Histogram,
}

fn main() {}
