//! Label text: `name="value",…`, as both text formats write it.

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

/// Appends the label `name="value"`, after a comma unless it is the first.
pub(crate) fn push_label(labels: &mut String, name: &str, value: &str) {
    if !labels.is_empty() {
        labels.push(',');
    }
    labels.push_str(name);
    labels.push_str("=\"");
    push_label_value(labels, value);
    labels.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped() {
        let mut labels = String::new();
        push_label(&mut labels, "a", "1");
        push_label(&mut labels, "b", "\"\\\n{}é");
        assert_eq!(labels, "a=\"1\",b=\"\\\"\\\\\\n{}é\"");
    }
}
