//! The kind of metric that a type's name suggests. Only messages use it.
//!
//! The type itself decides: traits, and the constants of `gds_metrics::schema::check`, find every error, and
//! they can resolve an alias. However, their errors point to the whole field and are reported one at a time.
//! If the name of the type is that of a metric type, the derive reports the same errors together, each at the
//! name or option that is wrong. Any other type has no kind here.

use syn::Type;

use crate::tokens::last_segment;

/// The kinds with their own rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
    Summary,
    Info,
    StateSet,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "a counter",
            Self::Gauge => "a gauge",
            Self::Histogram => "a histogram",
            Self::Summary => "a summary",
            Self::Info => "an info",
            Self::StateSet => "a state set",
        }
    }

    /// The suffixes of the names that a family owns. The same as `MetricKind::suffixes`.
    pub(crate) fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["_total", "", "_created"],
            Self::Histogram => &["_bucket", "_sum", "_count", "", "_created"],
            Self::Summary => &["_sum", "_count", "", "_created"],
            Self::Info => &["_info", ""],
            Self::Gauge | Self::StateSet => &[""],
        }
    }
}

/// The kind that the name of `ty` suggests.
pub(crate) fn guess(ty: &Type) -> Option<Kind> {
    let (name, arguments) = last_segment(ty)?;
    match name.as_str() {
        "Counter" | "FloatCounter" | "CounterFn" => Some(Kind::Counter),
        "Gauge" | "FloatGauge" | "GaugeFn" => Some(Kind::Gauge),
        "Histogram" => Some(Kind::Histogram),
        "Summary" => Some(Kind::Summary),
        "StateSet" => Some(Kind::StateSet),
        "Info" => Some(Kind::Info),
        "Family" | "ClosedFamily" => guess(arguments.get(1)?),
        _ => None,
    }
}
