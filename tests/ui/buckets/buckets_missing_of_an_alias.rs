use gds_metrics::{GdsMetricSet, Histogram};

type Load = Histogram;

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(unit = "ratio")]
    load: Load,
}

fn main() {}
