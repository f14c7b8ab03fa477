use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(max_series = 500)]
    orders: Counter,
}

fn main() {}
