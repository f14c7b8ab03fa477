use gds_metrics::{Counter, EncodeLabelSet, Family, GdsMetricSet};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Bound {
    le: u64,
}

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(zero)]
    orders: Family<Bound, Counter>,
}

fn main() {}
