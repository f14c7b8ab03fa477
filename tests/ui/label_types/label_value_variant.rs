use gds_metrics::{EncodeLabelValue};

#[derive(EncodeLabelValue)]
enum Kind {
    Pair(u64, u64),
}

fn main() {}
