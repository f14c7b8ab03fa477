//! Chooses the format from the `Accept` header.

use actix_web::http::header::HeaderValue;

use crate::exposition::Format;

/// How specifically a media range names a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Closeness {
    Anything,
    Type,
    Subtype,
    Version,
}

/// A quality value (RFC 9110) in thousandths.
type Quality = u16;

impl Format {
    /// The format for all lines of an `Accept` header. Protobuf is chosen if it is named and
    /// preferred to both text formats. `OpenMetrics` is chosen if its quality is at least that of
    /// the classic format; if only `*/*` matches it, the quality must be higher.
    ///
    /// This never fails: an unreadable range is ignored, and a client that accepts no readable
    /// format gets the format that every Prometheus reads.
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

/// The most specific range counts; of equally specific ranges, the one with the highest quality.
fn raise(best: &mut Option<(Closeness, Quality)>, found: Option<(Closeness, Quality)>) {
    *best = (*best).max(found);
}

/// `text/plain;version=0.0.4;q=0.5`
#[derive(Debug)]
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    version: Option<&'a str>,
    /// The message type, for protobuf.
    proto: Option<&'a str>,
    /// The encoding of the message stream, for protobuf.
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

    /// Whether this range names exactly the protobuf format. Wildcards do not count: a client that
    /// sends one may not read protobuf.
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

/// Splits at separators that are not inside quotes.
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
mod tests;
