use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
#[metric(prefix = "myApp")]
#[allow(non_snake_case)]
struct Shop {
    /// Jobs that are done.
    jobsDone: Counter,
}

fn main() {}
