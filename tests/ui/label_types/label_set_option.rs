use gds_metrics::{EncodeLabelSet};

#[derive(EncodeLabelSet)]
struct Labels {
    #[metric(skip)]
    kind: String,
}

fn main() {}
