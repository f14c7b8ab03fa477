use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
#[metric(crate = "::gds_metrics")]
struct Shop {
    /// Orders placed.
    orders: Counter,
}

fn main() {}
