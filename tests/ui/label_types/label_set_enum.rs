use gds_metrics::{EncodeLabelSet};

#[derive(EncodeLabelSet)]
enum Kind {
    Welcome,
}

fn main() {}
