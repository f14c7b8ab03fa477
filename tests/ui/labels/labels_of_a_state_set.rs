use gds_metrics::{EncodeLabelValue, GdsMetricSet, StateSet};

#[derive(Clone, Debug, PartialEq, EncodeLabelValue)]
enum Phase {
    Waxing,
    Waning,
}

#[derive(GdsMetricSet)]
#[metric(prefix = "moon", labels(moon_phase = "full"))]
struct Moon {
    /// Which it is in.
    phase: StateSet<Phase>,
}

fn main() {}
