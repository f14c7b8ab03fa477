//! Label text in both text formats: `name="value",…`.

use std::borrow::Cow;

/// Appends `value` with the escapes of a label value: `\\`, `\"` and `\n`.
pub(crate) fn push_label_value(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
}

/// Appends the label `name="value"`, with a comma before it unless it is the first.
pub(crate) fn push_label(labels: &mut String, name: &str, value: &str) {
    if !labels.is_empty() {
        labels.push(',');
    }
    labels.push_str(name);
    labels.push_str("=\"");
    push_label_value(labels, value);
    labels.push('"');
}

/// The labels of a label text. Each is a name and a value that is still escaped.
#[derive(Debug)]
pub(super) struct Labels<'a> {
    rest: &'a str,
}

impl<'a> Labels<'a> {
    /// `text` contains complete labels. Other text may follow if it begins with a brace.
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// The text after the labels. Valid after the last label is read.
    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }
}

impl<'a> Iterator for Labels<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.starts_with('}') {
            return None;
        }
        let (name, after) = self.rest.split_once("=\"")?;
        let mut escaped = false;
        let end = after.bytes().position(|byte| {
            let is_end = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            is_end
        })?;
        let (value, after) = after.split_at_checked(end)?;
        let after = after.strip_prefix('"').unwrap_or(after);
        self.rest = after.strip_prefix(',').unwrap_or(after);
        Some((name, value))
    }
}

/// Removes the escapes of a label value.
pub(super) fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some(c) => c,
                None => '\\',
            },
            c => c,
        });
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn labels_are_read_back(values: Vec<String>) {
            let mut text = String::new();
            for value in &values {
                push_label(&mut text, "name", value);
            }
            let mut labels = Labels::new(&text);
            let read: Vec<_> = labels.by_ref().map(|(name, value)| (name, unescape(value))).collect();
            let expected: Vec<_> = values.iter().map(|value| ("name", value.into())).collect();
            assert_eq!(read, expected);
            assert_eq!(labels.rest(), "");
        }
    }

    #[test]
    fn values_are_escaped() {
        let mut labels = String::new();
        push_label(&mut labels, "a", "1");
        push_label(&mut labels, "b", "\"\\\n{}é");
        assert_eq!(labels, "a=\"1\",b=\"\\\"\\\\\\n{}é\"");
    }
}
