use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(unit = "bytes")]
    bytes: Counter,
}

fn main() {}
