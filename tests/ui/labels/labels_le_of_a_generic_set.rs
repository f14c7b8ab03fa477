use gds_metrics::{EncodeLabelSet, Family, GdsMetricSet, GdsMetrics, Histogram};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Bound {
    le: u64,
}

#[derive(GdsMetricSet)]
struct Shop<L> {
    /// Time waited.
    #[metric(unit = "seconds")]
    wait: Family<L, Histogram>,
}

fn main() {
    let metrics = GdsMetrics::builder().build().unwrap();
    let _: Shop<Bound> = metrics.register().unwrap();
}
