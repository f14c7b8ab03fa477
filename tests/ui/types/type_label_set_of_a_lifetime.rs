use gds_metrics::{Counter, EncodeLabelSet, Family, GdsMetricSet};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels<'a> {
    kind: &'a str,
}

#[derive(GdsMetricSet)]
struct Shop<'a> {
    /// Orders placed.
    orders: Family<Labels<'a>, Counter>,
}

fn main() {}
