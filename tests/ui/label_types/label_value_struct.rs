use gds_metrics::{EncodeLabelValue};

#[derive(EncodeLabelValue)]
struct Kind {
    a: u64,
    b: u64,
}

fn main() {}
