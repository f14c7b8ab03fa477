use gds_metrics::{Counter, GdsMetricSet, Summary};

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(native)]
    orders: Counter,
    /// Size of an upload.
    #[metric(unit = "bytes", native = true)]
    upload: Summary,
}

fn main() {}
