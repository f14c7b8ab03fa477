use gds_metrics::EncodeLabelValue;

#[derive(EncodeLabelValue)]
enum Kind {
    #[metric(rename = "")]
    Unknown,
    Known,
}

fn main() {}
