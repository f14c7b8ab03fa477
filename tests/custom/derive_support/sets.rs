//! A macro whose sets are in another file.

macro_rules! jobs_of_another_file {
    ($name:ident) => {
        #[derive(Debug, gds_metrics::GdsMetricSet)]
        struct $name {
            /// Jobs done.
            jobs: gds_metrics::Counter, // the line of the definition
        }
    };
}
