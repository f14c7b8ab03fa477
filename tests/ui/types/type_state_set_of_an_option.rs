use gds_metrics::{EncodeLabelValue, GdsMetricSet, StateSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Mode {
    Idle,
    Busy(Option<bool>),
}

#[derive(GdsMetricSet)]
struct Worker {
    /// The mode.
    mode: StateSet<Mode>,
    /// Whether it leads.
    leads: StateSet<Option<bool>>,
}

fn main() {}
