use gds_metrics::{Counter, Gauge, GdsMetricSet, GdsMetrics, Histogram, RegisterError};

#[derive(GdsMetricSet)]
#[metric(prefix = "shop_")]
struct Shop {
    orders: Counter,
    /// Time waited.
    #[metric(unit = "ms", buckets = [1, 0.5])]
    wait: Histogram,
    /// Orders that are open.
    #[metric(hepl = "Open orders.")]
    orders_total: Gauge,
}

// The code that uses it adds no further errors.
fn register(metrics: &GdsMetrics) -> Result<Shop, RegisterError> {
    metrics.register()
}

fn main() {}
