use gds_metrics::{Counter, EncodeLabelSet, GdsMetricSet, Info};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

#[derive(GdsMetricSet)]
struct Shop {
    /// Orders placed.
    shop: Counter,
    #[metric(flatten)]
    nested: Nested,
}

#[derive(GdsMetricSet)]
#[metric(prefix = "shop")]
struct Nested {
    /// What was built.
    info: Info<Build>,
}

#[derive(GdsMetricSet)]
struct Flat {
    /// Orders placed.
    shop: Counter,
    /// What was built.
    shop_info: Info<Build>,
}

fn main() {}
