use gds_metrics::{EncodeLabelSet};

#[derive(EncodeLabelSet)]
struct Kind {
    #[metric(rename = "kind of")]
    kind: String,
}

fn main() {}
