//! What kind of metric a type is, as far as its spelling tells: for messages alone.
//!
//! The type decides. Whatever is wrong with a set is found by its traits and by the constants of
//! `gds_metrics::schema::check`, which know what an alias stands for. But those speak of the whole field, and
//! of one mistake at a time. Where the spelling tells, the derive says the same of all mistakes at once, each
//! at the name or the option that it is about. What is not spelt as a metric of ours has no kind here.

use syn::Type;

use crate::tokens::last_segment;

/// The kinds that have rules of their own.
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

    /// What follows the family's name in the names it owns. As `MetricKind::suffixes`.
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

/// Reads `ty`'s spelling.
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
