use gds_metrics::{ClosedFamily, Counter, EncodeLabelSet, GdsMetricSet};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Customer {
    name: String,
}

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    orders: ClosedFamily<Customer, Counter>,
}

fn main() {}
