use gds_metrics::{GdsMetricSet, Histogram};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(buckets = [0.1, f64::NAN, f64::INFINITY])]
    wait: Histogram,
}

fn main() {}
