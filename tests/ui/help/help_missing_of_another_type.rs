use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Db {
    /// Queries run.
    queries: Counter,
}

#[derive(GdsMetricSet)]
struct Shop {
    db: Db,
}

fn main() {}
