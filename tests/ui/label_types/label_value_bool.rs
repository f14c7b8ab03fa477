use gds_metrics::EncodeLabelValue;

#[derive(EncodeLabelValue)]
enum Answer {
    True,
    Other(bool),
}

fn main() {}
