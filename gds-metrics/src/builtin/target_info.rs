//! `target_info`: the attributes of what OpenTelemetry calls the resource.

use std::collections::BTreeMap;

use crate::exposition::{Header, MetricKind, Number, Writer, push_label};

/// The family written here, if there are attributes.
pub(crate) const FAMILY: Header<'_> = Header {
    name: "target",
    kind: MetricKind::Info,
    unit: None,
    help: "Attributes of the resource",
};

/// The attributes of the resource, as labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TargetInfo {
    labels: String,
}

impl TargetInfo {
    /// `None` without attributes, because an info without labels has no content.
    pub(crate) fn of(attributes: &BTreeMap<String, String>) -> Option<Self> {
        // Grouped by name, because several keys can become the same name.
        let mut by_name: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (key, value) in attributes {
            by_name.entry(label_name(key)).or_default().push(value);
        }
        let mut labels = String::new();
        for (name, values) in by_name {
            let value = values.join(";");
            // Prometheus treats an empty label as absent.
            if !value.is_empty() {
                push_label(&mut labels, &name, &value);
            }
        }
        (!labels.is_empty()).then_some(Self { labels })
    }

    /// The approximate number of bytes written.
    pub(crate) fn size(&self) -> usize {
        const HEADER: usize = 128;
        HEADER + self.labels.len()
    }

    pub(crate) fn write(&self, writer: &mut dyn Writer) {
        writer.family(&FAMILY);
        writer.sample(&self.labels, Number::Unsigned(1), None);
    }
}

/// The label name of an attribute. Each sequence of characters that Prometheus does not allow in names becomes
/// one `_`.
///
/// <https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-attributes>
fn label_name(key: &str) -> String {
    let mut name = String::with_capacity(key.len());
    for c in key.chars() {
        let is_plain = c.is_ascii_alphabetic() || c.is_ascii_digit() && !name.is_empty();
        if is_plain {
            name.push(c);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(attributes: &[(&str, &str)]) -> Option<String> {
        let attributes = attributes
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        TargetInfo::of(&attributes.collect()).map(|info| info.labels)
    }

    #[test]
    fn keys_become_names_of_labels() {
        for (key, name) in [
            ("service.name", "service_name"),
            ("a_b", "a_b"),
            ("a..b__c-/d", "a_b_c_d"),
            ("_.a", "_a"),
            ("1st", "_st"),
            ("é.x", "_x"),
            ("A9", "A9"),
        ] {
            assert_eq!(label_name(key), name, "{key}");
        }
    }

    #[test]
    fn values_of_keys_with_one_name_are_joined_in_the_order_of_the_keys() {
        let found = labels(&[("a_b", "3"), ("a.b", "2"), ("a-b", "1"), ("c", "\"")]);
        assert_eq!(found.as_deref(), Some(r#"a_b="1;2;3",c="\"""#));
    }

    #[test]
    fn an_attribute_without_a_value_has_no_label() {
        assert_eq!(labels(&[]), None);
        assert_eq!(labels(&[("a", "")]), None);
        assert_eq!(
            labels(&[("a", ""), ("b", "1")]).as_deref(),
            Some(r#"b="1""#)
        );
    }
}
