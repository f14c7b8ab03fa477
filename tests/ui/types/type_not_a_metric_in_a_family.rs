use gds_metrics::{EncodeLabelSet, Family, GdsMetricSet};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Bound {
    le: u64,
}

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    orders: Family<Bound, String>,
}

fn main() {}
