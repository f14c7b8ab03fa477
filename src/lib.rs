//! Hosts `examples/`, `tests/` and `benches/` of the workspace. Nothing is published from here.

/// The README's Rust blocks are compiled with the documentation's tests. From here, because the
/// published crate does not lie next to it.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
