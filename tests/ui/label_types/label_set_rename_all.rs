use gds_metrics::{EncodeLabelSet};

#[derive(EncodeLabelSet)]
#[metric(rename_all = "kebab-case")]
struct Labels {
    queue_name: String,
}

fn main() {}
