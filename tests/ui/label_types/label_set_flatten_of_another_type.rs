use gds_metrics::EncodeLabelSet;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Place {
    city: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    kind: String,
    #[metric(flatten)]
    place: Place,
}

fn main() {}
