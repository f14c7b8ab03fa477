use gds_metrics::{EncodeLabelValue};

#[derive(EncodeLabelValue)]
enum Kind {
    #[metric(rename = "code")]
    Code(u16),
}

fn main() {}
