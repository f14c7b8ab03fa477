use gds_metrics::{ClosedFamily, Counter, EncodeLabelValue, GdsMetricSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Kind {
    Small,
    Large,
}

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    orders: ClosedFamily<Kind, Counter>,
}

fn main() {}
