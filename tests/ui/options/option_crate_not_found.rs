// As if gds-metrics were renamed in `Cargo.toml`, and `crate = …` were missing: the path `::gds_metrics`
// would not be found in just this way. One error for each derive.
use gds_metrics::{Counter, EncodeLabelSet, EncodeLabelValue, Family, GdsMetricSet};

#[derive(GdsMetricSet)]
#[metric(crate = ::renamed)]
struct Shop {
    /// Orders placed.
    orders: Family<Order, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
#[metric(crate = ::renamed)]
struct Order {
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[metric(crate = ::renamed)]
enum Kind {
    Small,
}

fn main() {}
