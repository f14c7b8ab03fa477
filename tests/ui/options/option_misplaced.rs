use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
#[metric(unit = "seconds")]
struct Shop {
    /// Orders placed.
    #[metric(crate = ::gds_metrics)]
    orders: Counter,
}

fn main() {}
