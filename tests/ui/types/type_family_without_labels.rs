use gds_metrics::{Counter, Family, GdsMetricSet};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Plain;

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    orders: Family<Plain, Counter>,
}

fn main() {}
