//! Label sets as numbers.

use super::{cached_map::Digest, labels::Method};

/// The number of a path (a pattern, or what stands for one).
pub(crate) type PathId = u32;
/// The number of a host.
pub(crate) type HostId = u16;

/// The number of a series in the store.
pub(super) type SeriesId = usize;

/// What a request lost to a cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    Nothing,
    Host,
    Path,
}

/// The most paths that a [`Key`] can tell apart.
pub(super) const MAX_PATHS: PathId = 1 << 24;
/// `path="No endpoint"`
pub(crate) const NO_ENDPOINT_ID: PathId = 0;
/// `path="_other"`
pub(crate) const FOLDED_PATH_ID: PathId = 1;
/// `host="_invalid"`
pub(crate) const INVALID_HOST_ID: HostId = 0;
/// `host="_other"`
pub(crate) const FOLDED_HOST_ID: HostId = 1;

/// A label set, as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(u64);

impl Key {
    const METHOD: u32 = 10;
    const HOST: u32 = 14;
    const PATH: u32 = 30;

    /// `code` is at most 999, as in every [`StatusCode`](actix_web::http::StatusCode), and `path`
    /// has at most 24 bits: ten bits are left.
    pub(crate) fn new(method: Method, host: HostId, path: PathId, code: u16) -> Self {
        Self(
            u64::from(path) << Self::PATH
                | u64::from(host) << Self::HOST
                | (method as u64) << Self::METHOD
                | u64::from(code),
        )
    }
}

impl Digest for Key {
    #[inline(always)]
    fn digest(&self) -> u64 {
        self.0
    }
}

impl Key {
    /// Of a gauge of active requests.
    pub(crate) fn of_active(method: Method, host: HostId) -> Self {
        Self::new(method, host, 0, 0)
    }
}

/// The labels of a series that is to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LabelIds {
    pub(crate) method: Method,
    pub(crate) host: HostId,
    pub(crate) path: PathId,
    /// A status, or the first digit of one for its class.
    pub(crate) code: u16,
}

impl LabelIds {
    pub(crate) fn key(self) -> Key {
        Key::new(self.method, self.host, self.path, self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_24_bits() {
        let key = Key::new(Method::Other, HostId::MAX, MAX_PATHS - 1, 999);
        assert!(key.0 < 1 << 54);
        assert_ne!(
            key,
            Key::new(Method::Other, HostId::MAX, MAX_PATHS - 2, 999)
        );
        assert_ne!(
            key,
            Key::new(Method::Other, HostId::MAX - 1, MAX_PATHS - 1, 999)
        );
        assert_ne!(
            key,
            Key::new(Method::Trace, HostId::MAX, MAX_PATHS - 1, 999)
        );
        assert_ne!(
            key,
            Key::new(Method::Other, HostId::MAX, MAX_PATHS - 1, 998)
        );
    }
}
