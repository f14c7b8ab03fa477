use gds_metrics::{EncodeLabelValue};

#[derive(EncodeLabelValue)]
enum Kind {}

fn main() {}
