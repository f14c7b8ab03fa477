use gds_metrics::{Counter, EncodeLabelSet, Family, Gauge, GdsMetricSet};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Room {
    name: &'static str,
}

#[derive(GdsMetricSet)]
struct House {
    /// Load.
    load: Gauge<f64>,
    /// Warmth.
    warmth: Family<Room, Gauge<f64>>,
    /// Steps.
    steps: Counter<i64>,
}

fn main() {}
