//! Label sets, encoded as numbers.

use super::{cached_map::Digest, labels::Method};

/// The number of a path (a pattern, or a value that replaces one).
pub(crate) type PathId = u32;
/// The number of a host.
pub(crate) type HostId = u16;
/// The number of a method.
pub(crate) type MethodId = u8;

/// The number of a series in the store.
pub(super) type SeriesId = usize;

/// The label that a request lost to a cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    Nothing,
    Host,
    Path,
}

/// The number of paths that a [`Key`] can distinguish.
pub(super) const MAX_PATHS: PathId = 1 << 24;
/// The number of methods that a [`Key`] can distinguish.
pub(super) const MAX_METHODS: MethodId = 1 << Head::SCHEME;
/// `path="No endpoint"`
pub(crate) const NO_ENDPOINT_ID: PathId = 0;
/// `path="_other"`
pub(crate) const FOLDED_PATH_ID: PathId = 1;
/// `host="_invalid"`
pub(crate) const INVALID_HOST_ID: HostId = 0;
/// `host="_other"`
pub(crate) const FOLDED_HOST_ID: HostId = 1;

/// Codes that are not a status. As for a status, the class is the code divided by 100. They are
/// used with OpenTelemetry's label names only.
pub(crate) mod code {
    /// No head was sent.
    pub(crate) const CANCELLED: u16 = 0;
    /// The class of [`PANICKED`].
    pub(crate) const PANICKED_CLASS: u16 = PANICKED / 100;
    /// A status of 500, caused by a panic.
    pub(crate) const PANICKED: u16 = 1000;
}

/// The labels from the head of a request: its method, and with OpenTelemetry's label names also its
/// scheme and version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head(u16);

impl Head {
    const SCHEME: u32 = 6;
    const VERSION: u32 = 7;
    const BITS: u32 = 10;

    /// `method` is less than [`MAX_METHODS`].
    #[inline(always)]
    pub(crate) fn of(method: MethodId) -> Self {
        Self(u16::from(method))
    }

    /// Adds a scheme and the number of a version, which is less than 8; 0 means no version.
    #[inline(always)]
    pub(crate) fn with(self, https: bool, version: u8) -> Self {
        Self(self.0 | u16::from(https) << Self::SCHEME | u16::from(version) << Self::VERSION)
    }

    pub(crate) fn without_version(self) -> Self {
        Self(self.0 & ((1 << Self::VERSION) - 1))
    }

    pub(crate) fn method(self) -> MethodId {
        let [_, low] = self.0.to_be_bytes();
        low & (MAX_METHODS - 1)
    }

    pub(crate) fn is_https(self) -> bool {
        self.0 >> Self::SCHEME & 1 == 1
    }

    pub(crate) fn version(self) -> u16 {
        self.0 >> Self::VERSION
    }
}

impl From<Method> for Head {
    fn from(method: Method) -> Self {
        Self::of(method as MethodId)
    }
}

/// A label set, encoded as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(u64);

impl Key {
    const HEAD: u32 = 10;
    const HOST: u32 = Self::HEAD + Head::BITS;
    const PATH: u32 = Self::HOST + HostId::BITS;

    /// `code` is at most 1000, and `path` has at most 24 bits: four bits are free.
    pub(crate) fn new(head: Head, host: HostId, path: PathId, code: u16) -> Self {
        Self(
            u64::from(path) << Self::PATH
                | u64::from(host) << Self::HOST
                | u64::from(head.0) << Self::HEAD
                | u64::from(code),
        )
    }

    /// The key of a gauge of active requests.
    pub(crate) fn of_active(head: Head, host: HostId) -> Self {
        Self::new(head, host, 0, 0)
    }
}

impl Digest for Key {
    #[inline(always)]
    fn digest(&self) -> u64 {
        self.0
    }
}

/// The labels of a new series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LabelIds {
    pub(crate) head: Head,
    pub(crate) host: HostId,
    pub(crate) path: PathId,
    /// A status, or its first digit for its class, or one of [`code`].
    pub(crate) code: u16,
}

impl LabelIds {
    #[inline(always)]
    pub(crate) fn key(self) -> Key {
        Key::new(self.head, self.host, self.path, self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_key_do_not_overlap() {
        let head = Head::of(MAX_METHODS - 1).with(true, 7);
        let (host, path, code) = (HostId::MAX, MAX_PATHS - 1, code::PANICKED);
        let key = Key::new(head, host, path, code);
        assert!(key.0 < 1 << 60);
        for other in [
            Key::new(head, host, path - 1, code),
            Key::new(head, host - 1, path, code),
            Key::new(Head::of(MAX_METHODS - 2).with(true, 7), host, path, code),
            Key::new(Head::of(MAX_METHODS - 1).with(false, 7), host, path, code),
            Key::new(Head::of(MAX_METHODS - 1).with(true, 6), host, path, code),
            Key::new(head, host, path, code - 1),
        ] {
            assert_ne!(key, other);
        }
    }

    #[test]
    fn a_head_round_trips() {
        for method in 0..MAX_METHODS {
            for https in [false, true] {
                for version in 0..8 {
                    let head = Head::of(method).with(https, version);
                    assert_eq!(head.method(), method);
                    assert_eq!(head.is_https(), https);
                    assert_eq!(head.version(), u16::from(version));
                    let without = head.without_version();
                    assert_eq!(without, Head::of(method).with(https, 0));
                }
            }
        }
    }
}
