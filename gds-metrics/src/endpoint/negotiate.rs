//! From what a client accepts to the format it gets.

use actix_web::http::header::HeaderValue;

use crate::exposition::Format;

/// How closely a range of media types names a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Closeness {
    Anything,
    Type,
    Subtype,
    Version,
}

/// A quality in thousandths, as RFC 9110 writes it.
type Quality = u16;

impl Format {
    /// The format for all lines of an `Accept` header: protobuf when it is named and preferred to
    /// both text formats; `OpenMetrics` when it is accepted no less than the classic format and more
    /// where just `*/*` speaks for it.
    ///
    /// Never an error: a range that cannot be read is left out, and a client that accepts nothing
    /// readable gets what every Prometheus reads.
    pub(crate) fn negotiate<'h>(accept: impl Iterator<Item = &'h HeaderValue>) -> Self {
        let mut text = None;
        let mut openmetrics = None;
        let mut protobuf = 0;
        for line in accept.filter_map(|line| line.to_str().ok()) {
            for range in split_unquoted(line, ',') {
                let Some(range) = Range::parse(range) else {
                    continue;
                };
                raise(&mut text, range.quality_of("text", "plain", "0.0.4"));
                raise(
                    &mut openmetrics,
                    range.quality_of("application", "openmetrics-text", "1.0.0"),
                );
                if range.is_protobuf() {
                    protobuf = protobuf.max(range.quality);
                }
            }
        }

        let text_quality = text.map_or(0, |(_, quality)| quality);
        let openmetrics_quality = openmetrics.map_or(0, |(_, quality)| quality);
        if protobuf > text_quality.max(openmetrics_quality) {
            return Self::Protobuf;
        }
        match openmetrics {
            Some((Closeness::Anything, quality)) if quality <= text_quality => Self::Text,
            Some((_, quality)) if quality > 0 && quality >= text_quality => Self::OpenMetrics,
            _ => Self::Text,
        }
    }
}

/// The closest range counts; of equally close ones the best.
fn raise(best: &mut Option<(Closeness, Quality)>, found: Option<(Closeness, Quality)>) {
    *best = (*best).max(found);
}

/// `text/plain;version=0.0.4;q=0.5`
#[derive(Debug)]
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    version: Option<&'a str>,
    /// The type of the messages, for protobuf.
    proto: Option<&'a str>,
    /// How messages follow one another, for protobuf.
    encoding: Option<&'a str>,
    quality: Quality,
}

impl<'a> Range<'a> {
    fn parse(range: &'a str) -> Option<Self> {
        let mut parts = split_unquoted(range, ';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let mut parsed = Self {
            kind: kind.trim(),
            subtype: subtype.trim(),
            version: None,
            proto: None,
            encoding: None,
            quality: 1000,
        };
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=')?;
            let (name, value) = (name.trim(), value.trim());
            if name.eq_ignore_ascii_case("q") {
                parsed.quality = parse_quality(value)?;
                continue;
            }
            for (known, field) in [
                ("version", &mut parsed.version),
                ("proto", &mut parsed.proto),
                ("encoding", &mut parsed.encoding),
            ] {
                if name.eq_ignore_ascii_case(known) {
                    *field = Some(value.trim_matches('"'));
                }
            }
        }
        Some(parsed)
    }

    /// Whether this asks for exactly what the protobuf format is. Wildcards do not: who sends one
    /// may not read protobuf.
    fn is_protobuf(&self) -> bool {
        self.kind.eq_ignore_ascii_case("application")
            && self.subtype.eq_ignore_ascii_case("vnd.google.protobuf")
            && self.proto == Some("io.prometheus.client.MetricFamily")
            && self.encoding == Some("delimited")
    }

    fn quality_of(&self, kind: &str, subtype: &str, version: &str) -> Option<(Closeness, Quality)> {
        let closeness = match (self.kind, self.subtype, self.version) {
            ("*", "*", _) => Closeness::Anything,
            (k, "*", _) if k.eq_ignore_ascii_case(kind) => Closeness::Type,
            (k, s, v) if k.eq_ignore_ascii_case(kind) && s.eq_ignore_ascii_case(subtype) => match v
            {
                None => Closeness::Subtype,
                Some(v) if v == version => Closeness::Version,
                Some(_) => return None,
            },
            _ => return None,
        };
        Some((closeness, self.quality))
    }
}

/// `0`, `1`, or either with up to three decimals, at most 1.
fn parse_quality(text: &str) -> Option<Quality> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole = match whole {
        "0" => 0,
        "1" => 1000,
        _ => return None,
    };
    let decimals: Quality = format!("{decimals:0<3}").parse().ok()?;
    Some(whole + decimals).filter(|&quality| quality <= 1000)
}

/// Splits at a separator that does not stand between quotes.
fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    text.split(move |c| {
        if escaped {
            escaped = false;
            return false;
        }
        match c {
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return c == separator && !quoted,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_send() {
        use Format::{OpenMetrics, Protobuf, Text};
        let table: &[(&[&str], Format)] = &[
            (&[], Text),
            (&[""], Text),
            (&["*/*"], Text),
            (&["*/*;q=0.1"], Text),
            (&["garbage"], Text),
            (
                &["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
                Text,
            ),
            // Prometheus 2.42
            (
                &[
                    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                ],
                OpenMetrics,
            ),
            // Prometheus 2.49.0, with its own unreadable quality
            (
                &[
                    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=2",
                ],
                OpenMetrics,
            ),
            // Prometheus 2.49 to 2.55
            (
                &[
                    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                ],
                OpenMetrics,
            ),
            // Prometheus 3.5 and later
            (
                &[
                    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                ],
                OpenMetrics,
            ),
            // Prometheus 2.42 with native histograms
            (
                &[
                    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                ],
                Protobuf,
            ),
            // Prometheus 3.5 with native histograms
            (
                &[
                    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                ],
                Protobuf,
            ),
            // Prometheus 3.5 with `scrape_protocols` of one
            (
                &[
                    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,*/*;q=0.5",
                ],
                Protobuf,
            ),
            (&["text/plain;version=0.0.4;q=0.6,*/*;q=0.5"], Text),
            (
                &["application/openmetrics-text;version=1.0.0;q=0.6,*/*;q=0.5"],
                OpenMetrics,
            ),
            // VictoriaMetrics
            (&["text/plain;version=0.0.4;q=1,*/*;q=0.1"], Text),
            // Protobuf only by its full name, and only where nothing else is liked as much.
            (
                &[
                    "Application/Vnd.Google.Protobuf; Encoding=\"delimited\"; Proto=io.prometheus.client.MetricFamily; q=0.2",
                ],
                Protobuf,
            ),
            (
                &[
                    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.5,text/plain;q=0.5",
                ],
                Text,
            ),
            (
                &[
                    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.5,application/openmetrics-text;q=0.5",
                ],
                OpenMetrics,
            ),
            (
                &[
                    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,*/*",
                ],
                Text,
            ),
            (
                &[
                    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0",
                ],
                Text,
            ),
            (
                &[
                    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
                ],
                Text,
            ),
            (
                &[
                    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=compact-text",
                ],
                Text,
            ),
            (
                &[
                    "application/vnd.google.protobuf;proto=io.prometheus.client.Other;encoding=delimited",
                ],
                Text,
            ),
            (
                &["application/vnd.google.protobuf;encoding=delimited"],
                Text,
            ),
            (
                &["application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily"],
                Text,
            ),
            (&["application/vnd.google.protobuf"], Text),
            (
                &["application/json;proto=io.prometheus.client.MetricFamily;encoding=delimited"],
                Text,
            ),
            (&["text/plain;version=0.0.4;q=0.5,*/*;q=0.1"], Text),
            (&["application/openmetrics-text"], OpenMetrics),
            (
                &["APPLICATION/OpenMetrics-Text; Version=1.0.0"],
                OpenMetrics,
            ),
            (
                &["application/openmetrics-text; version=\"1.0.0\""],
                OpenMetrics,
            ),
            (&["application/openmetrics-text;version=0.0.1"], Text),
            (
                &["application/openmetrics-text;version=2.0.0, */*;q=0.1"],
                Text,
            ),
            (&["application/openmetrics-text;q=0"], Text),
            (&["application/openmetrics-text;q=0, */*"], Text),
            (
                &["application/openmetrics-text;q=0.4, text/plain;q=0.5"],
                Text,
            ),
            (
                &["application/openmetrics-text;q=0.5, text/plain;q=0.5"],
                OpenMetrics,
            ),
            (
                &["application/openmetrics-text;q=0.5, text/plain;version=1.0.0"],
                OpenMetrics,
            ),
            (
                &["text/plain;q=0.5", "application/openmetrics-text"],
                OpenMetrics,
            ),
            (
                &["application/openmetrics-text;q=high, text/plain;q=0.1"],
                Text,
            ),
            (
                &["application/openmetrics-text;q=1.001, text/plain;q=0.1"],
                Text,
            ),
            (
                &["application/openmetrics-text;q=0.5000, text/plain;q=0.1"],
                Text,
            ),
            (
                &["application/openmetrics-text;x=\"a,b;q=0\";q=0.9, text/plain;q=0.5"],
                OpenMetrics,
            ),
            (&["application/openmetrics-text;q=0.0001"], Text),
            (
                &["application/openmetrics-text;q=1, text/plain"],
                OpenMetrics,
            ),
            (
                &[r#"text/plain;x=",application/openmetrics-text;y=""#],
                Text,
            ),
            (
                &[r#"text/plain;x="\",application/openmetrics-text;y=""#],
                Text,
            ),
            (
                &[r"text/plain;x=\,application/openmetrics-text"],
                OpenMetrics,
            ),
            (&["application/*"], OpenMetrics),
            (&["application/openmetrics-text;q=0.5, */*"], Text),
            (&["application/openmetrics-text, */*"], OpenMetrics),
            (&["text/plain;q=0.1, */*;q=0.5"], OpenMetrics),
            (&["application/*;q=0.1, text/*"], Text),
            (
                &[
                    "application/openmetrics-text;version=1.0.0;q=0.1, application/openmetrics-text;q=0.9, text/plain;q=0.5",
                ],
                Text,
            ),
        ];
        for (lines, expected) in table {
            let lines: Vec<HeaderValue> = lines
                .iter()
                .map(|line| HeaderValue::from_str(line).expect("a header"))
                .collect();
            assert_eq!(Format::negotiate(lines.iter()), *expected, "{lines:?}");
        }
        let unreadable =
            HeaderValue::from_bytes(b"application/openmetrics-text\xff").expect("a header");
        assert_eq!(Format::negotiate([unreadable].iter()), Text);
    }

    proptest::proptest! {
        /// Not a panic, and OpenMetrics only where somebody could have meant it.
        #[test]
        fn what_clients_could_send(lines: Vec<Vec<u8>>) {
            let values: Vec<_> = lines
                .iter()
                .filter_map(|line| HeaderValue::from_bytes(line).ok())
                .collect();
            if Format::negotiate(values.iter()) == Format::OpenMetrics {
                assert!(values.iter().any(|value| value.as_bytes().contains(&b'/')));
            }
        }

        /// Qualities are compared as RFC 9110 reads them.
        #[test]
        fn the_better_quality(openmetrics in 0..=1000_u16, text in 0..=1000_u16) {
            let q = |quality| format!("{}.{:03}", quality / 1000, quality % 1000);
            let line = format!(
                "text/plain;q={}, application/openmetrics-text;q={}",
                q(text),
                q(openmetrics)
            );
            let value = HeaderValue::from_str(&line).expect("a header");
            let expected = if openmetrics > 0 && openmetrics >= text {
                Format::OpenMetrics
            } else {
                Format::Text
            };
            assert_eq!(Format::negotiate([value].iter()), expected);
        }
    }
}
