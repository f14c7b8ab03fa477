use gds_metrics::{GdsMetricSet};

#[derive(GdsMetricSet)]
struct Db {}

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(prefix = "db", unit = "bytes", rename = "x")]
    db: Db,
}

fn main() {}
