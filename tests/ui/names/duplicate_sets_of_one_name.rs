use gds_metrics::GdsMetricSet;

mod one {
    use gds_metrics::{Counter, GdsMetricSet};

    #[derive(GdsMetricSet)]
    pub struct Client {
        /// Requests sent.
        requests: Counter,
    }
}

mod two {
    use gds_metrics::{Counter, GdsMetricSet};

    #[derive(GdsMetricSet)]
    pub struct Client {
        /// Requests sent.
        requests: Counter,
    }
}

#[derive(GdsMetricSet)]
struct Clients {
    #[metric(flatten)]
    one: one::Client,
    #[metric(flatten)]
    two: two::Client,
}

fn main() {}
