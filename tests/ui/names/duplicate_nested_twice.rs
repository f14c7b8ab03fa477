use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    #[metric(flatten)]
    reader: Db,
    #[metric(flatten)]
    writer: Db,
}

#[derive(GdsMetricSet)]
struct Db {
    /// Queries run.
    queries: Counter,
}

fn main() {}
