use gds_metrics::{Counter, EncodeLabelSet, Family, GdsMetricSet};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Customer {
    name: String,
}

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    #[metric(max_series = 0)]
    orders: Family<Customer, Counter>,
    /// Orders sent.
    #[metric(max_series = "500")]
    sent: Family<Customer, Counter>,
    /// Orders paid.
    #[metric(max_series = -1)]
    paid: Family<Customer, Counter>,
    /// Orders lost.
    #[metric(max_series)]
    lost: Family<Customer, Counter>,
    /// Orders found.
    #[metric(max_series = 1e3)]
    found: Family<Customer, Counter>,
}

fn main() {}
