use gds_metrics::{Counter, GdsMetricSet};

type Placed = Counter;

#[derive(GdsMetricSet)]
struct Shop {
    #[metric(prefix = "orders")]
    orders: Orders,
    #[metric(prefix = "baskets")]
    baskets: Baskets,
}

#[derive(GdsMetricSet)]
struct Orders {
    /// Orders placed.
    #[metric(rename = "total")]
    placed: Placed,
}

#[derive(GdsMetricSet)]
struct Baskets {
    /// Baskets filled.
    total: Placed,
}

fn main() {}
