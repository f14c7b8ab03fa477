use gds_metrics::{ClosedFamily, Counter, EncodeLabelSet, GdsMetricSet};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Order {
    express: bool,
}

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(max_series = 500)]
    orders: ClosedFamily<Order, Counter>,
    /// Orders sent.
    #[metric(zero)]
    sent: ClosedFamily<Order, Counter>,
}

fn main() {}
