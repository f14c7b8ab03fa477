use gds_metrics::{Counter, EncodeLabelSet, Family, GdsMetricSet, Histogram};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    kind: String,
}

#[derive(GdsMetricSet)]
struct Shop {
    /// Time waited.
    #[metric(prefix = "shop", unit = "seconds")]
    wait: Histogram,
    /// Orders placed.
    #[metric(flatten, max_series = 50)]
    orders: Family<Labels, Counter>,
}

fn main() {}
