use gds_metrics::{EncodeLabelSet, EncodeLabelValue, Family, GdsMetricSet, StateSet};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Bound {
    le: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Mode {
    Idle,
    Busy,
}

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    orders: Family<Bound, StateSet<Mode>>,
}

fn main() {}
