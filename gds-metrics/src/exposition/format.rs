//! The formats of an exposition.

use super::{Sink, Writer, openmetrics, text};

/// A format of the exposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// The classic text format 0.0.4, which every Prometheus reads.
    ///
    /// See <https://prometheus.io/docs/instrumenting/exposition_formats/>.
    Text,
    /// OpenMetrics 1.0.0.
    ///
    /// See <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>.
    OpenMetrics,
}

impl Format {
    /// The value of the `Content-Type` header that belongs to this format.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => text::CONTENT_TYPE,
            Self::OpenMetrics => openmetrics::CONTENT_TYPE,
        }
    }
}

/// Begins an exposition that ends up in `sink`.
pub(crate) fn open(format: Format, sink: &mut dyn Sink) -> Box<dyn Writer + '_> {
    match format {
        Format::Text => Box::new(text::writer(sink)),
        Format::OpenMetrics => Box::new(openmetrics::writer(sink)),
    }
}
