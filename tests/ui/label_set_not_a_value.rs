use gds_metrics::{EncodeLabelSet};

struct Kind;

#[derive(EncodeLabelSet)]
struct Labels {
    kind: Kind,
}

fn main() {}
