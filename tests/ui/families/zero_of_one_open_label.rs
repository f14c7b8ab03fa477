use gds_metrics::{Counter, EncodeLabelSet, EncodeLabelValue, Family, GdsMetricSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Kind {
    Small,
    Large,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Order {
    kind: Kind,
    express: bool,
    customer: String,
}

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(zero)]
    orders: Family<Order, Counter>,
}

fn main() {}
