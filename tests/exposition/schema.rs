//! Compares the decoder of the tests with the schema that Prometheus reads.
//!
//! The package of prometheus-client contains that schema.

use std::collections::BTreeMap;

use crate::support::{package::source, protobuf::KINDS};

const DECODER: &str = include_str!("../support/protobuf.rs");

/// A field: its type, its number, and whether it is repeated.
type Field = (String, u32, bool);
/// The fields of each message, and the numbers of each enumeration, by name.
type Messages = BTreeMap<String, BTreeMap<String, Field>>;

fn number(text: &str) -> u32 {
    text.parse().unwrap_or_else(|_| panic!("a number: {text}"))
}

/// Reads `message Name {`, `enum Name {` and `[repeated] type name = number;`.
fn published() -> Messages {
    let schema = source("prometheus-client", "src/encoding/proto/metrics.proto");
    assert!(schema.contains("\npackage io.prometheus.client;\n"));
    let mut messages = Messages::new();
    let mut current = String::new();
    for line in schema.lines() {
        let line = line.split("//").next().unwrap_or_default();
        let words: Vec<&str> = line
            .split([' ', ';'])
            .filter(|word| !word.is_empty())
            .collect();
        let (kind, name, value, repeated) = match words[..] {
            ["message" | "enum", name, "{"] => {
                current = name.to_owned();
                continue;
            }
            ["repeated", kind, name, "=", value] => (kind, name, value, true),
            [kind, name, "=", value] => (kind, name, value, false),
            [name, "=", value] => ("", name, value, false),
            [] | ["}"] | ["syntax" | "package" | "import" | "option", ..] => continue,
            _ => panic!("an unknown line: {line}"),
        };
        if current.is_empty() {
            // `syntax = "proto3"` and options, before any message.
            continue;
        }
        let field = (kind.to_owned(), number(value), repeated);
        let fields = messages.entry(current.clone()).or_default();
        assert_eq!(fields.insert(name.to_owned(), field), None, "{line}");
    }
    messages
}

/// Reads `struct Name {` and fields with their attributes, `#[prost(type, label, tag = "number")]`.
fn decoded() -> Messages {
    let mut messages = Messages::new();
    let mut current = String::new();
    let mut attribute = None;
    for line in DECODER.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("pub(crate) struct ") {
            current = name.trim_end_matches(" {").to_owned();
        } else if let Some(rest) = line.strip_prefix("#[prost(") {
            attribute = Some(rest);
        } else if let Some(attribute) = attribute.take() {
            let line = line.strip_prefix("pub(crate) ").expect("a field");
            let (name, rust) = line.split_once(": ").expect("a field");
            let inner = rust.split(['<', '>']).nth(1).unwrap_or_default();
            let (kind, rest) = attribute.split_once(", ").expect("a type");
            let repeated = rest.starts_with("repeated");
            let tag = rest.split('"').nth(1).expect("a number");
            let kind = match (name, kind, inner) {
                ("r#type", "int32", _) => "MetricType",
                (_, "message", "Timestamp") => "google.protobuf.Timestamp",
                (_, "message", message) => message,
                (_, scalar, _) => scalar,
            };
            let field = (kind.to_owned(), number(tag), repeated);
            let name = name.trim_start_matches("r#").to_owned();
            messages
                .entry(current.clone())
                .or_default()
                .insert(name, field);
        }
    }
    messages
}

#[test]
fn the_decoder_agrees_with_the_published_schema() {
    let mut published = published();
    for (number, kind) in KINDS.into_iter().enumerate() {
        let name = kind.to_uppercase();
        assert_eq!(published["MetricType"][&name].1 as usize, number, "{kind}");
    }
    // Protobuf's own type, which that schema imports.
    let timestamp = [("seconds", "int64", 1), ("nanos", "int32", 2)];
    let timestamp =
        timestamp.map(|(name, kind, number)| (name.to_owned(), (kind.to_owned(), number, false)));
    published.insert("Timestamp".to_owned(), timestamp.into());

    let decoded = decoded();
    for (message, fields) in &decoded {
        for (name, field) in fields {
            assert_eq!(
                published[message].get(name),
                Some(field),
                "{message}.{name}"
            );
        }
    }
    let count: usize = decoded.values().map(BTreeMap::len).sum();
    assert_eq!(count, DECODER.matches("#[prost(").count());
    assert_eq!(decoded.len(), DECODER.matches("Message)]").count());
}
