//! For any input bytes, a label is short and consists of few characters.

use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

/// Bytes that resemble a host.
fn raw_host() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        8 => select(vec![
            "a", "B", "example", ".", "-", "_", ":", "80", "443", "8080", "0", "65536", "[", "]",
            "::1", "@", "/", " ", "\"", "\\", "é",
        ])
        .prop_map(|part| part.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..4),
        1 => (0..300_usize).prop_map(|len| vec![b'x'; len]),
    ];
    vec(part, 0..8).prop_map(|parts| parts.concat())
}

/// Has this `Debug` text.
struct Raw<'a>(&'a str);

impl fmt::Debug for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In pieces, as a derived `Debug` writes.
        self.0.chars().try_for_each(|c| f.write_char(c))
    }
}

proptest! {
    #[test]
    fn hosts(raw in raw_host()) {
        let Some(host) = Host::parse(&raw) else {
            return Ok(());
        };
        let text = host.as_str();
        prop_assert!(!text.is_empty() && text.len() <= MAX_HOST + MAX_PORT);
        prop_assert!(host.name().len() <= MAX_HOST && text.starts_with(host.name()));
        let allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._:[]".contains(&byte)
        };
        prop_assert!(text.bytes().all(allowed));
        prop_assert!(!text.ends_with(":80") && !text.ends_with(":443") || text.starts_with('['));
        prop_assert!(raw.to_ascii_lowercase().starts_with(host.name().as_bytes()));
        // Parsing is idempotent.
        let again = Host::parse(text.as_bytes());
        prop_assert_eq!(again.as_ref().map(Host::as_str), Some(text));
    }

    #[test]
    fn whole_hosts_with_ports(name in "[a-zA-Z0-9._-]{1,255}", port: u16) {
        let host = Host::parse(format!("{name}:{port}").as_bytes()).expect("a host");
        let name = name.to_ascii_lowercase();
        prop_assert_eq!(host.name(), &name);
        let expected = match port {
            80 | 443 => name,
            port => format!("{name}:{port}"),
        };
        prop_assert_eq!(host.as_str(), expected);
    }

    #[test]
    fn error_texts(text in "\\PC{0,80}") {
        let kind = ErrorKind::of(&Raw(&text));
        let kind = kind.as_str();
        prop_assert!((1..=MAX_KIND).contains(&kind.len()));
        prop_assert!(kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
        prop_assert!(kind == UNNAMED_ERROR || text.starts_with(kind));
    }

    #[test]
    fn error_identifiers(name in "[A-Z][A-Za-z0-9_]{0,63}", rest in "(\\(\\PC*| \\{\\PC*)?") {
        let text = format!("{name}{rest}");
        let kind = ErrorKind::of(&Raw(&text));
        prop_assert_eq!(kind.as_str(), name);
    }

    #[test]
    fn methods(bytes in "[A-Za-z_-]{1,40}|[A-Z]{3,7}") {
        let method = http::Method::from_bytes(bytes.as_bytes()).expect("a token");
        let label = Method::of(&method).as_str();
        let known = Method::ALL.iter().any(|method| method.as_str() == bytes);
        prop_assert_eq!(label, if known { &*bytes } else { "_OTHER" });
    }
}
