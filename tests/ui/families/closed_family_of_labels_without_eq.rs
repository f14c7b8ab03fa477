use gds_metrics::{ClosedFamily, Counter, EncodeLabelSet, GdsMetricSet};

#[derive(Clone, Debug, EncodeLabelSet)]
struct Switch {
    on: bool,
}

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    orders: ClosedFamily<Switch, Counter>,
}

fn main() {}
