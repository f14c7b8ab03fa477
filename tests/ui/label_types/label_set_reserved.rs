use gds_metrics::{EncodeLabelSet};

#[derive(EncodeLabelSet)]
struct Kind {
    __kind: String,
}

fn main() {}
