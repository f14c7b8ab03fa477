use gds_metrics::{GdsMetricSet, Histogram};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(unit = "bytes")]
    body: Histogram,
}

fn main() {}
