use gds_metrics::{EncodeLabelSet};

#[derive(EncodeLabelSet)]
union Kind {
    a: u64,
}

fn main() {}
