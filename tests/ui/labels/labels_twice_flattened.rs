use gds_metrics::{Counter, EncodeLabelSet, Family, GdsMetricSet};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outer {
    kind: u64,
    #[metric(flatten)]
    inner: Inner,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Inner {
    kind: u64,
}

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    orders: Family<Outer, Counter>,
}

fn main() {}
