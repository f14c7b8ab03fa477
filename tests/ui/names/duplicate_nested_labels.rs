use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
#[metric(labels(team = "x"))]
struct Shop {
    #[metric(flatten)]
    db: Db,
}

#[derive(GdsMetricSet)]
#[metric(labels(team = "y"))]
struct Db {
    /// Queries run.
    queries: Counter,
}

fn main() {}
