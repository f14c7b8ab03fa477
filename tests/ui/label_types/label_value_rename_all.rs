use gds_metrics::{EncodeLabelValue};

#[derive(EncodeLabelValue)]
#[metric(rename_all = "snakecase")]
enum Kind {
    Welcome,
}

fn main() {}
