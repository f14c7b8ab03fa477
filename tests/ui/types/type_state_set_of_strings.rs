use gds_metrics::{GdsMetricSet, StateSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    mode: StateSet<String>,
}

fn main() {}
