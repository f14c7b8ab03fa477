use gds_metrics::{ClosedLabelSet, EncodeLabelSet, EncodeLabelValue};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Digit {
    A, B, C, D, E, F, G, H, I, J, K,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    a: Digit,
    b: Digit,
    c: Digit,
    d: Digit,
}

const COUNT: usize = Labels::COUNT;

fn main() {}
