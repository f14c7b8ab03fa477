use gds_metrics::{EncodeLabelSet, Gauge, GdsMetricSet};

#[derive(GdsMetricSet)]
#[metric(labels(job = "worker"))]
struct Shop {
    /// Orders placed.
    #[metric(labels(instance = "a"))]
    orders: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    job: String,
    #[metric(rename = "instance")]
    server: String,
}

fn main() {}
