use gds_metrics::{EncodeLabelSet};

#[derive(EncodeLabelSet)]
struct Kind {
    kind: String,
    #[metric(rename = "kind")]
    r#type: String,
}

fn main() {}
