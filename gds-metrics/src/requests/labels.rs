//! Bounding: maps text from clients and errors to a bounded set of label values.
//!
//! These are pure functions on bytes that do not allocate.

use std::{
    fmt::{self, Write as _},
    net::Ipv6Addr,
    panic::{AssertUnwindSafe, catch_unwind},
    str,
};

use actix_web::http;

/// The `path` of a request that no route matches.
pub(crate) const NO_ENDPOINT: &str = "No endpoint";
/// The value that replaces everything beyond a cap.
pub(crate) const FOLDED: &str = "_other";
/// The `host` of a request without a host, or with one that is invalid.
pub(crate) const INVALID_HOST: &str = "_invalid";
/// The `error` of an error whose `Debug` text does not begin like a type name.
pub(crate) const UNNAMED_ERROR: &str = "error";
/// The `error` of a panic.
pub(crate) const PANIC: &str = "panic";

/// The value of the `method` label: the methods of RFC 9110, `PATCH` (RFC 5789), `QUERY`, and one
/// value for all others.
///
/// A method is any token up to the size of a request's head, so an unbounded label would let a
/// client create series (CVE-2022-21698, CVE-2023-45142).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum Method {
    Connect,
    Delete,
    Get,
    Head,
    Options,
    Patch,
    Post,
    Put,
    Query,
    Trace,
    Other,
}

impl Method {
    /// In the order of their numbers.
    pub(crate) const ALL: [Self; 11] = [
        Self::Connect,
        Self::Delete,
        Self::Get,
        Self::Head,
        Self::Options,
        Self::Patch,
        Self::Post,
        Self::Put,
        Self::Query,
        Self::Trace,
        Self::Other,
    ];

    /// Methods are case-sensitive: `get` is not `GET`.
    #[inline]
    pub(crate) fn of(method: &http::Method) -> Self {
        match *method {
            http::Method::GET => Self::Get,
            http::Method::POST => Self::Post,
            http::Method::PUT => Self::Put,
            http::Method::DELETE => Self::Delete,
            http::Method::HEAD => Self::Head,
            http::Method::PATCH => Self::Patch,
            http::Method::OPTIONS => Self::Options,
            http::Method::CONNECT => Self::Connect,
            http::Method::TRACE => Self::Trace,
            _ if method.as_str() == "QUERY" => Self::Query,
            _ => Self::Other,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT",
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Query => "QUERY",
            Self::Trace => "TRACE",
            Self::Other => "_OTHER",
        }
    }
}

/// The maximum length of a host name, in bytes; a DNS name is shorter.
const MAX_HOST: usize = 255;
/// `:65535`
const MAX_PORT: usize = 6;

/// A host as a label value: lower case, without the port if it is 80 or 443.
#[derive(Clone, Copy)]
pub(crate) struct Host {
    bytes: [u8; MAX_HOST + MAX_PORT],
    len: usize,
    name_len: usize,
}

impl Host {
    /// Parses a `Host` header or an authority; `None` if it is not a valid host.
    ///
    /// A host is an IPv6 address in brackets, or letters, digits, `-`, `.` and `_`. DNS and the
    /// services of container platforms use these; RFC 3986 would allow more.
    pub(crate) fn parse(raw: &[u8]) -> Option<Self> {
        let (name, port) = split_port(raw)?;
        if name.is_empty() || name.len() > MAX_HOST || !is_name(name) {
            return None;
        }

        let mut host = Self {
            bytes: [0; MAX_HOST + MAX_PORT],
            len: name.len(),
            name_len: name.len(),
        };
        let bytes = host.bytes.get_mut(..name.len())?;
        bytes.copy_from_slice(name);
        bytes.make_ascii_lowercase();
        if let Some(port) = port {
            let port = parse_port(port)?;
            if port != 80 && port != 443 {
                // Normalised, so that `:08080` and `:8080` are one value.
                write!(host, ":{port}").ok()?;
            }
        }
        Some(host)
    }

    /// Name and port.
    pub(crate) fn as_str(&self) -> &str {
        self.text(self.len)
    }

    /// The name alone.
    pub(crate) fn name(&self) -> &str {
        self.text(self.name_len)
    }

    fn text(&self, len: usize) -> &str {
        // Only ASCII is pushed, so neither the range nor the conversion can fail.
        self.bytes
            .get(..len)
            .and_then(|bytes| str::from_utf8(bytes).ok())
            .unwrap_or(INVALID_HOST)
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }
}

impl fmt::Write for Host {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| self.push(byte));
        Ok(())
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Host").field(&self.as_str()).finish()
    }
}

/// Splits off the port after the last colon, unless that colon belongs to an IPv6 address.
fn split_port(raw: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let name_end = if raw.first() == Some(&b'[') {
        raw.iter().position(|&byte| byte == b']')? + 1
    } else {
        raw.iter()
            .position(|&byte| byte == b':')
            .unwrap_or(raw.len())
    };
    let (name, rest) = raw.split_at_checked(name_end)?;
    match rest {
        // RFC 3986 allows an empty port, which means no port.
        [] | [b':'] => Some((name, None)),
        [b':', port @ ..] => Some((name, Some(port))),
        _ => None,
    }
}

fn is_name(name: &[u8]) -> bool {
    if let [b'[', address @ .., b']'] = name {
        return str::from_utf8(address).is_ok_and(|address| address.parse::<Ipv6Addr>().is_ok());
    }
    // All bytes are checked without a branch, because most texts are valid hosts.
    let invalid = name.iter().fold(0, |invalid, byte| {
        let letter = u8::from((byte | 0x20).wrapping_sub(b'a') < 26);
        let digit = u8::from(byte.wrapping_sub(b'0') < 10);
        let other = u8::from(matches!(byte, b'-' | b'.' | b'_'));
        invalid | ((letter | digit | other) ^ 1)
    });
    invalid == 0
}

fn parse_port(digits: &[u8]) -> Option<u16> {
    // Rejects long runs of leading zeros: a head can hold many of them, and spellings are cached.
    if digits.len() >= MAX_PORT || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    str::from_utf8(digits).ok()?.parse().ok()
}

/// The maximum length of an error kind, in bytes.
const MAX_KIND: usize = 64;

/// The bounded kind of an error: the identifier that its `Debug` text begins with.
///
/// A derived `Debug` begins with the name of a type or variant. Any other text is a message, which
/// may contain anything (the message of an `anyhow` error may begin with a person's name), and
/// becomes `error`.
pub(crate) struct ErrorKind {
    bytes: [u8; MAX_KIND + 2],
    len: usize,
}

impl ErrorKind {
    pub(crate) fn of(error: &dyn fmt::Debug) -> Self {
        let mut kind = Self {
            bytes: [0; MAX_KIND + 2],
            len: 0,
        };
        // The writer stops a long text with an error. A `Debug` that panics must not cost the
        // response.
        let write = AssertUnwindSafe(|| write!(kind, "{error:?}"));
        let ended = matches!(catch_unwind(write), Ok(Ok(())));
        kind.len = kind.identifier(ended).unwrap_or(0);
        kind
    }

    pub(crate) fn as_str(&self) -> &str {
        self.bytes
            .get(..self.len)
            .filter(|bytes| !bytes.is_empty())
            .and_then(|bytes| str::from_utf8(bytes).ok())
            .unwrap_or(UNNAMED_ERROR)
    }

    /// The length of the identifier, if the text begins with one that ends as a type name does.
    fn identifier(&self, ended: bool) -> Option<usize> {
        let text = self.bytes.get(..self.len)?;
        let len = text
            .iter()
            .position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
            .unwrap_or(text.len());
        let (identifier, rest) = text.split_at_checked(len)?;
        let ends = match rest {
            [] => ended,
            [b'(', ..] | [b' ', b'{', ..] => true,
            _ => false,
        };
        (identifier.first()?.is_ascii_uppercase() && len <= MAX_KIND && ends).then_some(len)
    }
}

impl fmt::Write for ErrorKind {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            *self.bytes.get_mut(self.len).ok_or(fmt::Error)? = byte;
            self.len += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods() {
        for method in Method::ALL {
            let expected = match method {
                Method::Other => "_OTHER",
                known => known.as_str(),
            };
            let sent = http::Method::from_bytes(method.as_str().as_bytes()).expect("a token");
            assert_eq!(Method::of(&sent).as_str(), expected);
        }
        for other in ["get", "PROPFIND", "GETT", "QUERYX", "query", "_OTHER"] {
            let sent = http::Method::from_bytes(other.as_bytes()).expect("a token");
            assert_eq!(Method::of(&sent), Method::Other, "{other}");
        }
    }

    #[test]
    fn hosts() {
        let longest = "a".repeat(MAX_HOST);
        let longest_with_port = format!("{longest}:65535");
        let table: &[(&[u8], Option<&str>)] = &[
            (b"app.example", Some("app.example")),
            (b"APP.Example", Some("app.example")),
            (b"app.example:80", Some("app.example")),
            (b"app.example:443", Some("app.example")),
            (b"app.example:8080", Some("app.example:8080")),
            (b"app.example:08080", Some("app.example:8080")),
            (b"app.example:", Some("app.example")),
            (b"my_service", Some("my_service")),
            (b"127.0.0.1:9000", Some("127.0.0.1:9000")),
            (b"[::1]", Some("[::1]")),
            (b"[2001:DB8::1]:8443", Some("[2001:db8::1]:8443")),
            (longest.as_bytes(), Some(&longest)),
            (longest_with_port.as_bytes(), Some(&longest_with_port)),
            (b"", None),
            (b":80", None),
            (b"a:b", None),
            (b"a:+80", None),
            (b"a:65535", Some("a:65535")),
            (b"a:65536", None),
            (b"a:00080", Some("a")),
            (b"a:000080", None),
            (b"a:80:80", None),
            (b"::1", None),
            (b"[::1", None),
            (b"[::1]x", None),
            (b"[]", None),
            (b"[zz]", None),
            (b"a b", None),
            (b"a/b", None),
            (b"user@a", None),
            (b"a\"b", None),
            (b"a\\b", None),
            (b"a\nb", None),
            (b"\xff", None),
            ("bücher.example".as_bytes(), None),
        ];
        for (raw, expected) in table {
            let host = Host::parse(raw);
            let shown = String::from_utf8_lossy(raw);
            assert_eq!(host.as_ref().map(Host::as_str), *expected, "{shown}");
        }
        assert!(Host::parse("a".repeat(MAX_HOST + 1).as_bytes()).is_none());
        assert!(Host::parse("a".repeat(100_000).as_bytes()).is_none());
        let host = Host::parse(b"App.example:8080").expect("a host");
        assert_eq!(host.name(), "app.example");
    }

    #[test]
    fn error_kinds() {
        struct Raw(String);
        impl fmt::Debug for Raw {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        let longest = format!("A{}", "b".repeat(MAX_KIND - 1));
        let table = [
            ("Timeout", "Timeout"),
            ("Database(\"secret\")", "Database"),
            ("Io { path: 1 }", "Io"),
            ("Io_2(3)", "Io_2"),
            (&longest, &longest),
            (&format!("{longest}({})", "x".repeat(9_000)), &longest),
            (&format!("{longest}b"), "error"),
            (&"A".repeat(9_000), "error"),
            ("", "error"),
            ("timeout", "error"),
            ("9Lives", "error"),
            ("Ann Smith was not found", "error"),
            ("Ann: not found", "error"),
            ("\"quoted\"", "error"),
            ("Füße(1)", "error"),
            ("Io  { }", "error"),
        ];
        for (debug, expected) in table {
            let kind = ErrorKind::of(&Raw(debug.to_owned()));
            assert_eq!(kind.as_str(), expected, "{debug}");
        }
    }
}
