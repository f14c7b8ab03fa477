use gds_metrics::{Counter, EncodeLabelSet, Family, GdsMetricSet};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Orders {
    team: String,
}

#[derive(GdsMetricSet)]
#[metric(labels(team = "x"))]
struct Shop {
    /// Orders placed.
    orders: Family<Orders, Counter>,
}

#[derive(GdsMetricSet)]
#[metric(labels(team = "x"))]
struct Outer {
    #[metric(flatten)]
    inner: Inner,
}

#[derive(GdsMetricSet)]
struct Inner {
    /// Orders placed.
    orders: Family<Orders, Counter>,
}

#[derive(GdsMetricSet)]
struct Outermost {
    #[metric(flatten, labels(zone = "x"))]
    middle: Middle,
}

#[derive(GdsMetricSet)]
#[metric(labels(zone = "y"))]
struct Middle {
    /// Orders open.
    open: Counter,
}

fn main() {}
