//! The kinds of metric families.

use std::fmt;

/// The kind of a metric family, as [`MetricSchema::kind`](crate::schema::MetricSchema::kind) returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetricKind {
    /// Only increases.
    Counter,
    /// Increases and decreases.
    Gauge,
    /// Counts observations in buckets.
    Histogram,
    /// The sum and the count of observations.
    Summary,
    /// Constant facts, as labels.
    Info,
    /// Shows which one of a few states is active.
    StateSet,
    /// Has no type in Prometheus.
    Unknown,
}

impl MetricKind {
    /// The name of the kind in OpenMetrics, such as `counter` or `stateset`.
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

    /// The suffixes of all names that a family owns: first those of its samples, the most important one at the
    /// beginning, then the family's own name, then names that OpenMetrics reserves.
    pub(crate) const fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["_total", "", "_created"],
            Self::Histogram => &["_bucket", "_sum", "_count", "", "_created"],
            Self::Summary => &["_sum", "_count", "", "_created"],
            Self::Info => &["_info", ""],
            Self::Gauge | Self::StateSet | Self::Unknown => &[""],
        }
    }

    /// Whether samples have this suffix, which is one of [`suffixes`](Self::suffixes).
    pub(crate) const fn has_sample(self, suffix: &str) -> bool {
        match self {
            Self::Gauge | Self::StateSet | Self::Unknown => true,
            _ => !matches!(suffix.as_bytes(), b"" | b"_created"),
        }
    }

    /// The label that the samples of this kind have in addition to the application's labels.
    pub(crate) const fn own_label(self) -> Option<&'static str> {
        match self {
            Self::Histogram => Some("le"),
            Self::Summary => Some("quantile"),
            _ => None,
        }
    }

    /// The suffix of a sample's name in queries.
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
