//! The kinds of metric families.

use std::fmt;

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

impl MetricKind {
    /// The word OpenMetrics has for it, such as `counter` or `stateset`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::StateSet => "stateset",
            Self::Unknown => "unknown",
        }
    }

    /// What follows a family's name in every name that the family owns: those of its samples first,
    /// which are the ones to speak of, then its own, then what OpenMetrics reserves.
    pub(crate) const fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["_total", "", "_created"],
            Self::Histogram => &["_bucket", "_sum", "_count", "", "_created"],
            Self::Summary => &["_sum", "_count", "", "_created"],
            Self::Info => &["_info", ""],
            Self::Gauge | Self::StateSet | Self::Unknown => &[""],
        }
    }

    /// Whether there are samples of this name, one of [`suffixes`](Self::suffixes).
    pub(crate) const fn has_sample(self, suffix: &str) -> bool {
        match self {
            Self::Gauge | Self::StateSet | Self::Unknown => true,
            _ => !matches!(suffix.as_bytes(), b"" | b"_created"),
        }
    }

    /// The label that samples of this kind have of their own.
    pub(crate) const fn own_label(self) -> Option<&'static str> {
        match self {
            Self::Histogram => Some("le"),
            Self::Summary => Some("quantile"),
            _ => None,
        }
    }

    /// What follows a family's name in the name its samples are asked for by.
    pub(crate) const fn sample_suffix(self) -> &'static str {
        match self {
            Self::Counter => "_total",
            Self::Info => "_info",
            _ => "",
        }
    }
}

impl fmt::Display for MetricKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
