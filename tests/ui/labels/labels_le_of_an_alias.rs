use gds_metrics::{EncodeLabelSet, Family, GdsMetricSet};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Bound {
    le: u64,
}

type Histogram<L> = Family<L, gds_metrics::Histogram>;

#[derive(GdsMetricSet)]
struct Shop {
    /// Time waited.
    #[metric(unit = "seconds")]
    wait: Histogram<Bound>,
}

fn main() {}
