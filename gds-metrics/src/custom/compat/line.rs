//! A line of prometheus-client's output, and whether it is a whole sample.

use std::{borrow::Cow, ops::Range};

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

/// Places of label names, kept to be used again.
pub(super) type Names = Vec<Range<usize>>;

/// Reads what follows a sample's name. `None` if a label comes twice, has no valid name or does not
/// end, or if the value is no number.
pub(super) fn read<'t>(rest: &'t str, names: &mut Names) -> Option<Sample<'t>> {
    let (labels, rest) = match rest.strip_prefix('{') {
        None => (Cow::Borrowed(""), rest),
        Some(after) => {
            let labels = read_labels(after, names)?;
            (tidy(labels.text, &labels), after.get(labels.end..)?)
        }
    };
    let rest = rest.strip_prefix(' ')?;
    let (value, exemplar) = match rest.split_once(" # ") {
        None => (rest, None),
        Some((value, exemplar)) => (value, Some(exemplar)),
    };
    Some(Sample {
        labels,
        value: number(value)?,
        exemplar: exemplar.filter(|exemplar| is_exemplar(exemplar, names)),
    })
}

/// The labels between braces.
struct Labels<'t> {
    text: &'t str,
    /// Where what follows the closing brace begins.
    end: usize,
    /// How many characters there are in names and values.
    chars: usize,
    /// prometheus-client writes a comma beside a label set that turns out to be empty.
    spare_comma: bool,
}

/// Reads what follows an opening brace, up to the closing one.
fn read_labels<'t>(text: &'t str, names: &mut Names) -> Option<Labels<'t>> {
    let bytes = text.as_bytes();
    let mut labels = Labels {
        text: "",
        end: 0,
        chars: 0,
        spare_comma: false,
    };
    let mut at = 0;
    let mut after_label = false;
    names.clear();
    loop {
        match bytes.get(at)? {
            b'}' => {
                labels.spare_comma |= !after_label && at > 0;
                labels.text = text.get(..at)?;
                labels.end = at + 1;
                return Some(labels);
            }
            b',' => {
                labels.spare_comma |= !after_label;
                after_label = false;
                at += 1;
                continue;
            }
            _ if after_label => return None,
            _ => {}
        }
        let name_len = bytes.get(at..)?.iter().position(|byte| *byte == b'=')?;
        let name = at..at + name_len;
        let name_text = text.get(name.clone())?;
        let repeated = names
            .iter()
            .any(|other| text.get(other.clone()) == Some(name_text));
        if !is_label_name(name_text) || repeated {
            return None;
        }
        let value_start = name.end + 2;
        if bytes.get(name.end + 1) != Some(&b'"') {
            return None;
        }
        let value_len = value_len(bytes.get(value_start..)?)?;
        let value = text.get(value_start..value_start + value_len)?;
        labels.chars += name_len + value.chars().filter(|c| *c != '\\').count();
        names.push(name);
        at = value_start + value_len + 1;
        after_label = true;
    }
}

/// How many bytes come before the quotation mark that ends a value.
fn value_len(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => {
                matches!(bytes.get(at + 1)?, b'\\' | b'"' | b'n').then_some(())?;
                at += 2;
            }
            _ => at += 1,
        }
    }
}

/// The labels without spare commas.
fn tidy<'t>(text: &'t str, labels: &Labels<'_>) -> Cow<'t, str> {
    if !labels.spare_comma {
        return Cow::Borrowed(text);
    }
    let mut tidy = String::with_capacity(text.len());
    let mut rest = text.trim_start_matches(',');
    while let Some(quote) = rest.find("=\"") {
        let start = quote + 2;
        let value = rest.get(start..).map(str::as_bytes).and_then(value_len);
        let end = value.map_or(rest.len(), |len| start + len + 1);
        if !tidy.is_empty() {
            tidy.push(',');
        }
        tidy.push_str(rest.get(..end).unwrap_or_default());
        rest = rest.get(end..).unwrap_or_default().trim_start_matches(',');
    }
    Cow::Owned(tidy)
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
fn is_exemplar(text: &str, names: &mut Names) -> bool {
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
        && labels.chars <= MAX_EXEMPLAR_CHARS
        && numbers.is_some_and(|numbers| numbers.split(' ').all(is_finite))
}

/// Whether `name` may name a metric or a label. (A metric's could have colons too, but those are for
/// recording rules.)
pub(super) fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_label_name(name: &str) -> bool {
    is_name(name) && !name.starts_with("__")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(rest: &str) -> Option<(String, &str, Option<&str>)> {
        let sample = read(rest, &mut Names::new())?;
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
            (r#"{a=b} 1"#, None),
            (r#"{a} 1"#, None),
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
