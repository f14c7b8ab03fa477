//! The formats of an exposition.

use std::{fmt, str::FromStr};

use super::{Options, Sink, Writer, openmetrics, protobuf, text};
use crate::error::ParseFormatError;

/// A format of the exposition.
///
/// It is written and read as `text`, `openmetrics` or `protobuf`:
///
/// ```
/// use gds_metrics::Format;
///
/// # fn main() -> Result<(), gds_metrics::ParseFormatError> {
/// let format: Format = "openmetrics".parse()?;
/// assert_eq!(format, Format::OpenMetrics);
/// assert_eq!(format.to_string(), "openmetrics");
/// # Ok(())
/// # }
/// ```
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
    /// Prometheus's protobuf format: messages of `io.prometheus.client.MetricFamily`, each after its
    /// length.
    ///
    /// It is not text: [`GdsMetrics::encode_to_vec`](crate::GdsMetrics::encode_to_vec) writes it.
    ///
    /// See <https://prometheus.io/docs/instrumenting/exposition_formats/#protobuf-format>.
    Protobuf,
}

impl Format {
    /// The value of the `Content-Type` header that belongs to this format.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => text::CONTENT_TYPE,
            Self::OpenMetrics => openmetrics::CONTENT_TYPE,
            Self::Protobuf => protobuf::CONTENT_TYPE,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::OpenMetrics => "openmetrics",
            Self::Protobuf => "protobuf",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = ParseFormatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Text, Self::OpenMetrics, Self::Protobuf]
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| ParseFormatError {
                text: text.to_owned(),
            })
    }
}

/// Begins an exposition that ends up in `sink`, without what a format may leave out.
#[cfg(test)]
pub(crate) fn open(format: Format, sink: &mut dyn Sink) -> Box<dyn Writer + '_> {
    open_with(format, Options::default(), sink)
}

/// Begins an exposition that ends up in `sink`.
pub(crate) fn open_with(
    format: Format,
    options: Options,
    sink: &mut dyn Sink,
) -> Box<dyn Writer + '_> {
    match format {
        Format::Text => Box::new(text::writer(sink)),
        Format::OpenMetrics => Box::new(openmetrics::writer(options, sink)),
        Format::Protobuf => Box::new(protobuf::writer(sink)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for format in [Format::Text, Format::OpenMetrics, Format::Protobuf] {
            assert_eq!(format.to_string().parse::<Format>().ok(), Some(format));
        }
        for text in ["", "Text", "text ", "json"] {
            let error = text.parse::<Format>().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("`{text}` is no format: it should be `text`, `openmetrics` or `protobuf`")
            );
        }
    }
}
