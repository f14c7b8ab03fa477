use gds_metrics::{EncodeLabelSet};

struct Kind;

#[derive(EncodeLabelSet)]
struct Labels {
    #[metric(display)]
    kind: Kind,
}

fn main() {}
