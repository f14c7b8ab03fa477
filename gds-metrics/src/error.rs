//! What can go wrong, one enum per concern.
//!
//! `main` usually returns these, and Rust prints the `Debug` of what `main` returns. `Debug` is
//! therefore the same sentence as `Display`.

use std::fmt;

/// `Debug` prints what `Display` does.
macro_rules! debug_as_display {
    ($($name:ty),+ $(,)?) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )+};
}

debug_as_display!(EncodeError, RegisterError);

/// The exposition could not be written.
///
/// A scrape answers this with `500` and an empty body: a part of an exposition is never sent.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A metric's own encoder refused.
    ///
    /// prometheus-client's text encoder does so for a histogram that has native buckets only.
    #[error("the metric family `{family}` could not be encoded: its encoder reported an error")]
    Family {
        /// Name of the family, as far as it is known.
        family: String,
    },
}

/// A metric set could not be registered. Nothing of it was.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The very same set is registered already.
    #[error(
        "`{definition}` is registered already: register `{set}` once and share its clones. Is it \
         registered once per worker? Build `GdsMetrics` and register outside of the \
         `HttpServer::new` closure. To have it twice, nest it with `#[metric(prefix = \"…\")]`"
    )]
    Twice {
        /// Name of the set's type.
        set: &'static str,
        /// Its first field that clashes, as `Set::field (file:line)`.
        definition: String,
    },
    /// A name is taken.
    #[error(
        "`{definition}` would expose `{name}`, which belongs to {owner}: rename one of them, or give \
         one of the sets a `#[metric(prefix = \"…\")]`"
    )]
    Taken {
        /// The name both would own: a family's, a sample's, or one that OpenMetrics reserves.
        name: String,
        /// What should have been registered, as `Set::field (file:line)`.
        definition: String,
        /// What has the name, in the same form, or `gds-metrics itself`.
        owner: String,
    },
}
