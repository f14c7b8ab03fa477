//! A line of prometheus-client's output, and whether it is a whole sample.

use std::borrow::Cow;

use crate::custom::label_text::{Places, count_chars, read_label_set, read_labels};

/// More characters than this in the names and values of its labels make an exemplar invalid.
///
/// See <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md#exemplars>.
const MAX_EXEMPLAR_CHARS: usize = 128;

/// A sample without the family's name.
#[derive(Debug, PartialEq)]
pub(super) struct Sample<'t> {
    pub(super) labels: Cow<'t, str>,
    pub(super) value: &'t str,
    pub(super) exemplar: Option<&'t str>,
}

/// What follows the family's name in that of a sample, and what follows that. `None` if the line is
/// no sample of the family.
pub(super) fn split_name<'t>(line: &'t str, family: &str) -> Option<(&'t str, &'t str)> {
    let rest = line.strip_prefix(family)?;
    let len = rest.bytes().position(|byte| matches!(byte, b'{' | b' '))?;
    let (suffix, rest) = rest.split_at_checked(len)?;
    let known = matches!(
        suffix,
        "" | "_bucket" | "_total" | "_sum" | "_count" | "_info"
    );
    known.then_some((suffix, rest))
}

/// Reads what follows a sample's name. `None` if a label comes twice, has no valid name or does not
/// end, or if the value is no number.
pub(super) fn read<'t>(rest: &'t str, names: &mut Places) -> Option<Sample<'t>> {
    let (labels, rest) = match rest.strip_prefix('{') {
        None => (Cow::Borrowed(""), rest),
        Some(after) => {
            let labels = read_labels(after, names)?;
            let text = if labels.spare_comma {
                Cow::Owned(read_label_set(rest.get(..=labels.end)?)?.text)
            } else {
                Cow::Borrowed(labels.text)
            };
            (text, after.get(labels.end..)?)
        }
    };
    let rest = rest.strip_prefix(' ')?;
    let (value, exemplar) = match rest.split_once(' ') {
        None => (rest, None),
        Some((value, after)) => (value, Some(after.strip_prefix("# ")?)),
    };
    Some(Sample {
        labels,
        value: number(value)?,
        exemplar: exemplar.filter(|exemplar| is_exemplar(exemplar, names)),
    })
}

/// The number as Prometheus reads it.
fn number(text: &str) -> Option<&str> {
    match text {
        "inf" => Some("+Inf"),
        "-inf" => Some("-Inf"),
        "" => None,
        _ if text.bytes().all(|byte| byte.is_ascii_digit()) => Some(text),
        _ => text.parse::<f64>().is_ok().then_some(text),
    }
}

/// Whether `{labels} value` or `{labels} value timestamp` may be an exemplar.
fn is_exemplar(text: &str, names: &mut Places) -> bool {
    let Some(after) = text.strip_prefix('{') else {
        return false;
    };
    let Some(labels) = read_labels(after, names) else {
        return false;
    };
    let numbers = after
        .get(labels.end..)
        .and_then(|rest| rest.strip_prefix(' '));
    let is_finite = |number: &str| number.parse::<f64>().is_ok_and(f64::is_finite);
    !labels.spare_comma
        && count_chars(labels.text) <= MAX_EXEMPLAR_CHARS
        && numbers.is_some_and(|numbers| numbers.split(' ').all(is_finite))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(rest: &str) -> Option<(String, &str, Option<&str>)> {
        let sample = read(rest, &mut Places::new())?;
        Some((sample.labels.into_owned(), sample.value, sample.exemplar))
    }

    #[test]
    fn samples() {
        for (rest, expected) in [
            (" 1", Some(("", "1", None))),
            (" -1.5e-9", Some(("", "-1.5e-9", None))),
            (" NaN", Some(("", "NaN", None))),
            (" inf", Some(("", "+Inf", None))),
            ("{} 1", Some(("", "1", None))),
            (r#"{a="b"} 1"#, Some((r#"a="b""#, "1", None))),
            (r#"{a="b",} 1"#, Some((r#"a="b""#, "1", None))),
            (r#"{,a="b"} 1"#, Some((r#"a="b""#, "1", None))),
            (
                r#"{a="}\",=\"\\",,c="d"} 1"#,
                Some((r#"a="}\",=\"\\",c="d""#, "1", None)),
            ),
            (
                r#"{a="b"} 1 # {t="1"} 2.0 3"#,
                Some((r#"a="b""#, "1", Some(r#"{t="1"} 2.0 3"#))),
            ),
            (r#" 1 # {t t="1"} 2.0"#, Some(("", "1", None))),
            (r#" 1 # {t="1"} inf"#, Some(("", "1", None))),
            (r#" 1 # {t="1"}"#, Some(("", "1", None))),
            (" ", None),
            ("", None),
            (" +", None),
            (" 1 2", None),
            ("{} ", None),
            (r#"{a="b"}1"#, None),
            (r#"{a="b" 1"#, None),
            (r#"{a="b} 1"#, None),
            (r#"{a="b"c="d"} 1"#, None),
            ("{a=b} 1", None),
            ("{a} 1", None),
            (r#"{a="\x"} 1"#, None),
            (r#"{="b"} 1"#, None),
            (r#"{1a="b"} 1"#, None),
            (r#"{__a="b"} 1"#, None),
            (r#"{a="b",a="c"} 1"#, None),
        ] {
            let found = sample(rest);
            let found = found.as_ref().map(|(l, v, e)| (l.as_str(), *v, *e));
            assert_eq!(found, expected, "{rest}");
        }
    }

    #[test]
    fn long_exemplars() {
        for (len, kept) in [(127, true), (128, false)] {
            let rest = format!(" 1 # {{t=\"{}\"}} 2", "é".repeat(len));
            let exemplar = sample(&rest).and_then(|(_, _, exemplar)| exemplar);
            assert_eq!(exemplar.is_some(), kept, "{len}");
        }
    }

    #[test]
    fn names_of_samples() {
        for (line, expected) in [
            ("x 1", Some(("", " 1"))),
            ("x_total{} 1", Some(("_total", "{} 1"))),
            ("x_bucket{", Some(("_bucket", "{"))),
            ("xy 1", None),
            ("y 1", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(split_name(line, "x"), expected, "{line}");
        }
    }
}
