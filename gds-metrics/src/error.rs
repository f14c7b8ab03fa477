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

debug_as_display!(EncodeError);

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
