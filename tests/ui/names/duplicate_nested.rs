use gds_metrics::{Counter, GdsMetricSet};

#[derive(GdsMetricSet)]
#[metric(prefix = "shop")]
struct Shop {
    /// Queries run.
    db_queries: Counter,
    #[metric(prefix = "db")]
    db: Db,
}

#[derive(GdsMetricSet)]
struct Db {
    /// Queries run.
    queries: Counter,
}

fn main() {}
