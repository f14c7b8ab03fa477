use gds_metrics::{EncodeLabelSet, EncodeLabelValue};

#[derive(Clone, Debug, PartialEq, EncodeLabelSet)]
struct Labels {
    ratio: f64,
    #[metric(display)]
    other: Option<f32>,
}

#[derive(Clone, Debug, PartialEq, EncodeLabelValue)]
struct Ratio(f64);

fn main() {}
