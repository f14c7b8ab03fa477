use gds_metrics::{Counter, Gauge, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Logins so far.
    logins: Counter,
    /// Logins now.
    #[metric(rename = "logins")]
    logins_now: Gauge,
}

fn main() {}
