use gds_metrics::{Counter, Gauge, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Whether it is open.
    open: Gauge<bool>,
    /// Orders placed.
    orders: Counter<u8>,
}

fn main() {}
