use gds_metrics::{EncodeLabelSet, Family, Gauge, GdsMetricSet};

#[derive(GdsMetricSet)]
struct Shop {
    /// Load.
    #[metric(unit = "ratio")]
    load: Gauge,
    /// Load.
    cpu_ratio: Family<Cpu, Gauge>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Cpu {
    cpu: u8,
}

fn main() {}
