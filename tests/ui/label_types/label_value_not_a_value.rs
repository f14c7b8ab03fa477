use gds_metrics::EncodeLabelValue;

#[derive(EncodeLabelValue)]
enum Kind {
    Letter(char),
}

fn main() {}
