use gds_metrics::{GdsMetricSet, StateSet};

#[derive(Clone, Debug)]
enum Mode {
    Open,
    Closed,
}

#[derive(GdsMetricSet)]
struct Shop {
    /// Whether the shop is open.
    mode: StateSet<Mode>,
}

fn main() {}
