use gds_metrics::EncodeLabelSet;

#[derive(EncodeLabelSet)]
enum Enum {
    Welcome,
}

#[derive(EncodeLabelSet)]
struct Tuple(String);

#[derive(EncodeLabelSet)]
union Union {
    a: u64,
}

fn main() {}
