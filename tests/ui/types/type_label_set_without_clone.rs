use gds_metrics::{Counter, EncodeLabelSet, Family, GdsMetricSet};

#[derive(Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    kind: String,
}

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    orders: Family<Labels, Counter>,
}

fn main() {}
