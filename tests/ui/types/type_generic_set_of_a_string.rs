use gds_metrics::{Counter, Family, GdsMetricSet, GdsMetrics, RegisterError};

#[derive(GdsMetricSet)]
struct Shop<L> {
    /// Orders placed.
    orders: Family<L, Counter>,
}

fn register(metrics: &GdsMetrics) -> Result<Shop<String>, RegisterError> {
    metrics.register()
}

fn main() {}
