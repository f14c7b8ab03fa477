use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(hepl = "Orders.")]
    orders: Counter,
}

fn main() {}
