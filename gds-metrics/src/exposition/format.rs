//! The formats of an exposition.

use std::{fmt, str::FromStr};

use super::{Options, Sink, Writer, openmetrics, protobuf, text};
use crate::error::ParseFormatError;

/// A format of the exposition.
///
/// Its text form is `text`, `openmetrics` or `protobuf`:
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
    /// The classic text format 0.0.4, which every version of Prometheus reads.
    ///
    /// See <https://prometheus.io/docs/instrumenting/exposition_formats/>.
    Text,
    /// OpenMetrics 1.0.0.
    ///
    /// See <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>.
    OpenMetrics,
    /// Prometheus's protobuf format: length-prefixed messages of `io.prometheus.client.MetricFamily`.
    ///
    /// This format is binary. Use [`GdsMetrics::encode_to_vec`](crate::GdsMetrics::encode_to_vec) to write it.
    ///
    /// See <https://prometheus.io/docs/instrumenting/exposition_formats/#protobuf-format>.
    Protobuf,
}

impl Format {
    /// The `Content-Type` of this format.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => text::CONTENT_TYPE,
            Self::OpenMetrics => openmetrics::CONTENT_TYPE,
            Self::Protobuf => protobuf::CONTENT_TYPE,
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
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

/// Begins an exposition that is passed to `sink`, without the optional parts.
#[cfg(test)]
pub(crate) fn open(format: Format, sink: &mut dyn Sink) -> Box<dyn Writer + '_> {
    open_with(format, Options::default(), sink)
}

/// Begins an exposition that is passed to `sink`.
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

    use crate::exposition::{
        Bounds, Exemplar, Header, Histogram, MetricKind, Number, Summary, Timestamp,
    };

    /// One series of each kind, with all optional parts.
    fn written(format: Format, options: Options) -> String {
        let mut out = Vec::new();
        let mut writer = open_with(format, options, &mut out);
        let start = Some(Timestamp::from_nanos(1_700_000_000_500_000_000));
        let family = |writer: &mut dyn Writer, name: &str, kind| {
            writer.family(&Header {
                name,
                kind,
                unit: None,
                help: "h",
            });
        };
        for (name, kind) in [("c", MetricKind::Counter), ("g", MetricKind::Gauge)] {
            family(&mut *writer, name, kind);
            writer.sample("", Number::Unsigned(1), start);
        }
        family(&mut *writer, "h", MetricKind::Histogram);
        let exemplar = Exemplar {
            labels: "t=\"1\"",
            value: Number::Nanos(250_000_000),
            time: start,
        };
        let histogram = Histogram {
            bounds: &Bounds::new([0.5]),
            buckets: &[1, 2],
            sum: Number::Float(8.0),
            native: None,
            exemplars: &[Some(exemplar), None],
            start,
        };
        writer.histogram("a=\"b\"", &histogram);
        family(&mut *writer, "s", MetricKind::Summary);
        let (sum, count) = (1.5, 2);
        writer.summary("", &Summary { sum, count, start });
        writer.finish();
        drop(writer);
        let text = String::from_utf8(out).expect("text");
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        samples.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn optional_parts_are_off_by_default() {
        let plain = "c_total 1\n\
                     g 1\n\
                     h_bucket{a=\"b\",le=\"0.5\"} 1\n\
                     h_bucket{a=\"b\",le=\"+Inf\"} 3\n\
                     h_sum{a=\"b\"} 8.0\n\
                     h_count{a=\"b\"} 3\n\
                     s_sum 1.5\n\
                     s_count 2";
        for created in [false, true] {
            assert_eq!(written(Format::Text, Options { created }), plain);
        }
        let with_exemplar =
            plain.replace("\"0.5\"} 1\n", "\"0.5\"} 1 # {t=\"1\"} 0.25 1700000000.5\n");
        let mut options = Options::default();
        assert_eq!(written(Format::OpenMetrics, options), with_exemplar);
        options.created = true;
        let with_created = with_exemplar
            .replace("c_total 1\n", "c_total 1\nc_created 1700000000.5\n")
            .replace(
                "h_count{a=\"b\"} 3\n",
                "h_count{a=\"b\"} 3\nh_created{a=\"b\"} 1700000000.5\n",
            )
            + "\ns_created 1700000000.5";
        assert_eq!(written(Format::OpenMetrics, options), with_created);
    }

    #[test]
    fn names_are_read_back() {
        for format in [Format::Text, Format::OpenMetrics, Format::Protobuf] {
            assert_eq!(format.to_string().parse::<Format>().ok(), Some(format));
        }
        for text in ["", "Text", "text ", "json"] {
            let error = text.parse::<Format>().expect_err("no format");
            assert_eq!(
                error.to_string(),
                format!(
                    "`{text}` is not a format: it should be `text`, `openmetrics` or `protobuf`"
                )
            );
        }
    }
}
