//! Misuse that speaks up.
