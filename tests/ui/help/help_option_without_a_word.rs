use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    #[metric(help = "")]
    orders: Counter,
    #[metric(help = " . ")]
    baskets: Counter,
}

fn main() {}
