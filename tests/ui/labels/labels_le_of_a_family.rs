use gds_metrics::{EncodeLabelSet, Family, GdsMetricSet, Histogram};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Bound {
    le: u64,
}

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(unit = "seconds")]
    wait: Family<Bound, Histogram>,
}

fn main() {}
