use gds_metrics::{EncodeLabelSet};

#[derive(EncodeLabelSet)]
struct Kind(String);

fn main() {}
