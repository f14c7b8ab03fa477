use gds_metrics::{Counter, EncodeLabelSet, Family, GdsMetricSet};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Order {
    gift: bool,
    paid: Option<bool>,
}

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(zero, max_series = 5)]
    orders: Family<Order, Counter>,
    /// Orders returned.
    #[metric(zero, max_series = 6)]
    returns: Family<Order, Counter>,
}

fn main() {}
