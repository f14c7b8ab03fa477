use gds_metrics::{EncodeLabelValue};

#[derive(EncodeLabelValue)]
enum Kind {
    Welcome,
    #[metric(rename = "welcome")]
    Hello,
}

fn main() {}
