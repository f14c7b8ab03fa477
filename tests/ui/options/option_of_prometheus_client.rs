use gds_metrics::{EncodeLabelSet};

#[derive(EncodeLabelSet)]
struct Outer {
    #[prometheus(flatten)]
    inner: Inner,
}

#[derive(EncodeLabelSet)]
struct Inner {}

fn main() {}
