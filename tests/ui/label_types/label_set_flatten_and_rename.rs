use gds_metrics::{EncodeLabelSet};

#[derive(EncodeLabelSet)]
struct Outer {
    #[metric(flatten, rename = "kind")]
    inner: Inner,
}

#[derive(EncodeLabelSet)]
struct Inner {}

fn main() {}
