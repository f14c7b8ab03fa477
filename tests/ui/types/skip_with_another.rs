use gds_metrics::{GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(skip, help = "Orders.")]
    orders: u32,
}

fn main() {}
