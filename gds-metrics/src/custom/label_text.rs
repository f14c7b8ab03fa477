//! Parses label text: `{name="value",…}` of the text formats.

use std::ops::Range;

/// The labels of one series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LabelText {
    /// `name="value",…` in the order of the label type.
    pub(crate) text: String,
    /// The names in that order.
    pub(crate) names: Vec<String>,
}

/// The ranges of label names, in a buffer that is reused.
pub(crate) type Places = Vec<Range<usize>>;

/// The labels between braces.
pub(crate) struct Labels<'t> {
    pub(crate) text: &'t str,
    /// The index after the closing brace.
    pub(crate) end: usize,
    /// Whether there is a comma without a label. prometheus-client writes one beside an empty label set.
    pub(crate) spare_comma: bool,
}

/// Reads a whole `{…}` without the labels whose value is empty, which Prometheus treats as missing.
pub(crate) fn read_label_set(text: &str) -> Option<LabelText> {
    let after = text.strip_prefix('{')?;
    let mut places = Places::new();
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

/// Reads the labels after an opening brace, up to the closing one.
pub(crate) fn read_labels<'t>(text: &'t str, names: &mut Places) -> Option<Labels<'t>> {
    let bytes = text.as_bytes();
    let mut spare_comma = false;
    let mut at = 0;
    let mut after_label = false;
    names.clear();
    loop {
        match bytes.get(at)? {
            b'}' => {
                return Some(Labels {
                    text: text.get(..at)?,
                    end: at + 1,
                    spare_comma: spare_comma || !after_label && at > 0,
                });
            }
            b',' => {
                spare_comma |= !after_label;
                after_label = false;
                at += 1;
                continue;
            }
            _ if after_label => return None,
            _ => {}
        }
        let rest = bytes.get(at..)?;
        let name_len = rest.iter().position(|byte| !is_name_byte(*byte))?;
        let name = at..at + name_len;
        let name_bytes = rest.get(..name_len)?;
        let value = rest.get(name_len..)?.strip_prefix(b"=\"")?;
        let repeated = names
            .iter()
            .any(|other| bytes.get(other.clone()) == Some(name_bytes));
        if !begins_label_name(name_bytes) || repeated {
            return None;
        }
        at = name.end + 2 + value_len(value)? + 1;
        names.push(name);
        after_label = true;
    }
}

/// The number of bytes before the quotation mark that ends a value. A value has no line break.
fn value_len(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += special_byte(bytes.get(at..)?)?;
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' if matches!(bytes.get(at + 1)?, b'\\' | b'"' | b'n') => at += 2,
            _ => return None,
        }
    }
}

/// Where the first byte is that ends a value or needs a closer look: `"`, `\` or a line break.
fn special_byte(bytes: &[u8]) -> Option<usize> {
    const LOW: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    // The lowest high bit that is set marks the first zero byte.
    let zeros = |word: u64| word.wrapping_sub(LOW) & !word & HIGH;
    let same = |word: u64, byte: u8| zeros(word ^ (LOW * u64::from(byte)));
    let mut at = 0;
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*word);
        let found = same(word, b'"') | same(word, b'\\') | same(word, b'\n');
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = bytes.get(at..)?.iter();
    let found = rest
        .clone()
        .position(|byte| matches!(byte, b'"' | b'\\' | b'\n'));
    found.map(|found| at + found)
}

/// The number of characters in the names and the unescaped values of labels.
pub(crate) fn count_chars(labels: &str) -> usize {
    split_labels(labels)
        .map(|label| {
            let mut count = 0;
            let mut chars = label.chars();
            while let Some(c) = chars.next() {
                if c == '\\' {
                    chars.next();
                }
                count += 1;
            }
            // `="` and the last `"`.
            count - 3
        })
        .sum()
}

/// Whether `name` is valid for a metric. (Prometheus also allows colons, but they are for recording rules.)
pub(crate) fn is_name(name: &str) -> bool {
    let begins = |byte: &u8| !byte.is_ascii_digit();
    name.as_bytes().first().is_some_and(begins) && name.bytes().all(is_name_byte)
}

pub(crate) fn is_label_name(name: &str) -> bool {
    begins_label_name(name.as_bytes()) && name.bytes().all(is_name_byte)
}

#[inline]
fn is_name_byte(byte: u8) -> bool {
    /// One look-up in place of several comparisons.
    static NAME_BYTES: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0_u8;
        while byte < 0x80 {
            table[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
            byte += 1;
        }
        table
    };
    NAME_BYTES[usize::from(byte)]
}

/// Whether a name of such bytes is valid for a label.
fn begins_label_name(name: &[u8]) -> bool {
    name.first().is_some_and(|byte| !byte.is_ascii_digit()) && !name.starts_with(b"__")
}
