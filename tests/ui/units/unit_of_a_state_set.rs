use gds_metrics::{EncodeLabelValue, GdsMetricSet, StateSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Mode {
    Idle,
    Busy,
}

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(unit = "seconds")]
    mode: StateSet<Mode>,
}

fn main() {}
