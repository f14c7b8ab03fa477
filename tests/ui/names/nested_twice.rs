use gds_metrics::{GdsMetricSet};

#[derive(GdsMetricSet)]
struct Db {}

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(prefix = "db", flatten)]
    db: Db,
}

fn main() {}
