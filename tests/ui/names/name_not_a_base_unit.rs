use gds_metrics::{Gauge, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Latency.
    latency_ms: Gauge,
    /// Size.
    size_in_kilobytes: Gauge,
    /// Load.
    cpu_percent: Gauge,
}

fn main() {}
