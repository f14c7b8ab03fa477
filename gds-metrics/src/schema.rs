//! What a metric is: the words that registration, exposition and documentation share.

/// What kind of metric a family is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetricKind {
    /// Only goes up.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations into buckets.
    Histogram,
    /// Sums and counts observations.
    Summary,
    /// Tells facts that do not change, as labels.
    Info,
    /// Tells which of a few states holds.
    StateSet,
    /// Prometheus is told no type.
    Unknown,
}
