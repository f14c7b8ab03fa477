use gds_metrics::{EncodeLabelValue};

#[derive(EncodeLabelValue)]
struct Code(#[metric(garbage)] u16);

#[derive(EncodeLabelValue)]
enum Kind {
    Code(#[metric(rename = "code")] u16),
    Pair(#[metric(garbage)] u8, u8),
    #[metric(display)]
    Other(u8),
}

fn main() {}
