use gds_metrics::{Counter, EncodeLabelSet, Family, GdsMetricSet};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Orders {
    kind: u64,
}

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(labels(kind = "x"))]
    orders: Family<Orders, Counter>,
}

fn main() {}
