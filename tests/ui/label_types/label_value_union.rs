use gds_metrics::{EncodeLabelValue};

#[derive(EncodeLabelValue)]
union Kind {
    a: u64,
}

fn main() {}
