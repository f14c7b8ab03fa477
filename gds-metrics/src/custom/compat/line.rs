//! One line of prometheus-client's output, if it is a complete sample.

use std::borrow::Cow;

use crate::custom::label_text::{Places, count_chars, read_label_set, read_labels};

/// The limit of characters in the names and values of an exemplar's labels.
///
/// See <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md#exemplars>.
const MAX_EXEMPLAR_CHARS: usize = 128;

/// A sample without the family's name.
#[derive(Debug, PartialEq)]
pub(super) struct Sample<'t> {
    pub(super) suffix: &'t str,
    pub(super) labels: Cow<'t, str>,
    pub(super) value: &'t str,
    pub(super) exemplar: Option<&'t str>,
    /// The whole line with its line break, if the line can be written unchanged.
    pub(super) line: Option<&'t str>,
}

/// Reads the sample of `family` at the beginning of `text`, and returns the text after its line.
///
/// `None` if the line is not a sample of the family or does not end, if a label occurs twice, has no valid
/// name or does not end, or if the value is not a number.
pub(super) fn read<'t>(
    text: &'t str,
    family: &str,
    names: &mut Places,
) -> Option<(Sample<'t>, &'t str)> {
    let (suffix, rest) = split_name(text, family)?;
    let (labels, rest) = read_braces(rest, names)?;
    let mut unchanged =
        matches!(labels, Some(Cow::Borrowed(labels)) if !labels.is_empty()) || labels.is_none();
    let labels = labels.unwrap_or_default();
    let rest = rest.strip_prefix(' ')?;
    let (found, rest) = split_value(rest)?;
    let value = number(found)?;
    unchanged &= value == found;
    let (exemplar, rest) = match rest.strip_prefix('\n') {
        Some(rest) => (None, rest),
        None => {
            let (exemplar, rest) = rest.strip_prefix(" # ")?.split_once('\n')?;
            let valid = is_exemplar(exemplar, names);
            unchanged &= valid;
            (valid.then_some(exemplar), rest)
        }
    };
    let line = text.get(..text.len() - rest.len())?;
    let sample = Sample {
        suffix,
        labels,
        value,
        exemplar,
        line: unchanged.then_some(line),
    };
    Some((sample, rest))
}

/// The suffix after the family's name, and the text after it. `None` if the line is not a sample of the
/// family.
pub(super) fn split_name<'t>(line: &'t str, family: &str) -> Option<(&'static str, &'t str)> {
    let rest = line.strip_prefix(family)?;
    // The second character identifies the suffix.
    let suffix = match rest.as_bytes() {
        [b'{' | b' ', ..] => "",
        [_, b'b', ..] => "_bucket",
        [_, b't', ..] => "_total",
        [_, b's', ..] => "_sum",
        [_, b'c', ..] => "_count",
        _ => "_info",
    };
    let rest = rest.strip_prefix(suffix)?;
    matches!(rest.as_bytes(), [b'{' | b' ', ..]).then_some((suffix, rest))
}

/// Reads the labels, if there are braces, and returns the text after them.
fn read_braces<'t>(text: &'t str, names: &mut Places) -> Option<(Option<Cow<'t, str>>, &'t str)> {
    let Some(after) = text.strip_prefix('{') else {
        return Some((None, text));
    };
    let labels = read_labels(after, names)?;
    let set = if labels.spare_comma {
        Cow::Owned(read_label_set(text.get(..=labels.end)?)?.text)
    } else {
        Cow::Borrowed(labels.text)
    };
    Some((Some(set), after.get(labels.end..)?))
}

/// The value, and the text after it, which begins with a space or a line break.
fn split_value(text: &str) -> Option<(&str, &str)> {
    let len = text.bytes().position(|byte| matches!(byte, b' ' | b'\n'))?;
    text.split_at_checked(len)
}

/// The number in a form that Prometheus can parse.
fn number(text: &str) -> Option<&str> {
    match text {
        "inf" => Some("+Inf"),
        "-inf" => Some("-Inf"),
        "" => None,
        _ if is_decimal(text) => Some(text),
        _ => text.parse::<f64>().is_ok().then_some(text),
    }
}

/// Whether these are digits with at most one decimal point. A fast check that covers most numbers.
fn is_decimal(text: &str) -> bool {
    let ends = |end: Option<&u8>| end.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let mut points = 0;
    let known = bytes.iter().all(|byte| {
        points += usize::from(*byte == b'.');
        byte.is_ascii_digit() || *byte == b'.'
    });
    known && points <= 1 && ends(bytes.first()) && ends(bytes.last())
}

/// Whether `{labels} value` or `{labels} value timestamp` is a valid exemplar.
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

    fn sample(rest: &str) -> Option<(String, String, Option<String>)> {
        let line = format!("x{rest}\n");
        let (sample, after) = read(&line, "x", &mut Places::new())?;
        assert_eq!(after, "", "{rest}");
        let labels = sample.labels.as_ref();
        let exemplar = sample.exemplar;
        if let Some(unchanged) = sample.line {
            assert_eq!(unchanged, line);
            let written = match (labels, exemplar) {
                ("", None) => format!("x {}\n", sample.value),
                ("", Some(exemplar)) => format!("x {} # {exemplar}\n", sample.value),
                (_, None) => format!("x{{{labels}}} {}\n", sample.value),
                (_, Some(exemplar)) => format!("x{{{labels}}} {} # {exemplar}\n", sample.value),
            };
            assert_eq!(written, line, "nothing has to change");
        }
        Some((
            labels.to_owned(),
            sample.value.to_owned(),
            exemplar.map(str::to_owned),
        ))
    }

    #[test]
    fn lines_that_are_copied() {
        for (rest, copied) in [
            (" 1", true),
            (r#"{a="b"} 1.5"#, true),
            (r#"_total{a="b"} 1 # {t="1"} 2.0 3"#, true),
            ("{} 1", false),
            (r#"{a="b",} 1"#, false),
            (r#"{a="b"} inf"#, false),
            (r#" 1 # {t t="1"} 2.0"#, false),
        ] {
            let text = format!("x{rest}\nx 2\n");
            let (sample, after) = read(&text, "x", &mut Places::new()).expect("a sample");
            assert_eq!(after, "x 2\n", "{rest}");
            assert_eq!(sample.line.is_some(), copied, "{rest}");
        }
        let unfinished = read("x 1", "x", &mut Places::new());
        assert!(unfinished.is_none(), "the line does not end");
    }

    #[test]
    fn samples() {
        for (rest, expected) in [
            (" 1", Some(("", "1", None))),
            (" -1.5e-9", Some(("", "-1.5e-9", None))),
            (" NaN", Some(("", "NaN", None))),
            (" 1.5", Some(("", "1.5", None))),
            (" 1.2.3", None),
            (" .", None),
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
            let found = found.as_ref().map(|(labels, value, exemplar)| {
                (labels.as_str(), value.as_str(), exemplar.as_deref())
            });
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
