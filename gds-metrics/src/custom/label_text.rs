//! The syntax of label text: `{name="value",…}` as the text formats have it.

use std::ops::Range;

/// The labels of one series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LabelText {
    /// `name="value",…` in the order of the label type.
    pub(crate) text: String,
    /// The names in that order.
    pub(crate) names: Vec<String>,
}

/// Places of label names, kept to be used again.
pub(crate) type Names = Vec<Range<usize>>;

/// The labels between braces.
pub(crate) struct Labels<'t> {
    pub(crate) text: &'t str,
    /// Where what follows the closing brace begins.
    pub(crate) end: usize,
    /// How many characters there are in names and values.
    pub(crate) chars: usize,
    /// prometheus-client writes a comma beside a label set that turns out to be empty.
    pub(crate) spare_comma: bool,
}

/// Reads a whole `{…}`, and leaves labels with empty values out, which for Prometheus do not exist.
pub(crate) fn read_label_set(text: &str) -> Option<LabelText> {
    let after = text.strip_prefix('{')?;
    let mut places = Names::new();
    let labels = read_labels(after, &mut places)?;
    if labels.end != after.len() {
        return None;
    }
    let mut set = LabelText::default();
    for place in places {
        let label = after.get(place.start..)?;
        let (name, value) = label.split_once("=\"")?;
        let value = value.get(..value_len(value.as_bytes())?)?;
        if !value.is_empty() {
            if !set.text.is_empty() {
                set.text.push(',');
            }
            set.text
                .push_str(label.get(..name.len() + value.len() + 3)?);
            set.names.push(name.to_owned());
        }
    }
    Some(set)
}

/// The labels of a whole set's text, each as `name="value"`.
pub(crate) fn split_labels(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find("=\"")? + 2;
        let len = start + value_len(rest.get(start..)?.as_bytes())? + 1;
        let label = rest.get(..len)?;
        rest = rest.get(len..)?.trim_start_matches(',');
        Some(label)
    })
}

/// Reads what follows an opening brace, up to the closing one.
pub(crate) fn read_labels<'t>(text: &'t str, names: &mut Names) -> Option<Labels<'t>> {
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

/// Whether `name` may name a metric or a label. (A metric's could have colons too, but those are for
/// recording rules.)
pub(crate) fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

pub(crate) fn is_label_name(name: &str) -> bool {
    is_name(name) && !name.starts_with("__")
}
