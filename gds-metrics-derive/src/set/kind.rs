//! What kind of metric a type is, as far as its spelling tells.
//!
//! A type alias tells nothing: then the constants of `gds_metrics::schema::check` find what is wrong, but
//! for the labels of a family, which are unknown.

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

/// What a field's type looks like.
#[derive(Clone, Debug)]
pub(crate) struct Guess {
    pub(crate) kind: Option<Kind>,
    /// Whether it is a gauge of whole numbers.
    pub(crate) integer_gauge: bool,
    pub(crate) labels: Labels,
}

/// The type of a field's labels.
#[derive(Clone, Debug)]
pub(crate) enum Labels {
    /// It has none.
    None,
    Type(Box<Type>),
    Unknown,
}

/// Reads `ty`'s spelling.
pub(crate) fn guess(ty: &Type) -> Guess {
    let unknown = Guess {
        kind: None,
        integer_gauge: false,
        labels: Labels::Unknown,
    };
    let Some((name, arguments)) = last_segment(ty) else {
        return unknown;
    };
    let first = || match arguments.first() {
        Some(labels) => Labels::Type(Box::new((*labels).clone())),
        None => Labels::Unknown,
    };
    let (kind, labels) = match name.as_str() {
        "Counter" | "CounterWithExemplar" => (Kind::Counter, Labels::None),
        "Gauge" => (Kind::Gauge, Labels::None),
        "Histogram" | "HistogramWithExemplars" => (Kind::Histogram, Labels::None),
        "Summary" => (Kind::Summary, Labels::None),
        "StateSet" => (Kind::StateSet, Labels::None),
        "Info" => (Kind::Info, first()),
        "Family" | "ClosedFamily" => {
            return Guess {
                labels: first(),
                ..arguments.get(1).map_or(unknown, |metric| guess(metric))
            };
        }
        _ => return unknown,
    };
    let is_float = |number: &&Type| {
        last_segment(number).is_some_and(|(name, _)| name == "f64" || name == "f32")
    };
    Guess {
        kind: Some(kind),
        integer_gauge: kind == Kind::Gauge && !arguments.first().is_some_and(is_float),
        labels,
    }
}
