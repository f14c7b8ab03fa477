use gds_metrics::{Counter, Family, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    orders: Family<String, Counter>,
}

fn main() {}
