//! The bounds of a histogram's buckets, with their text.

/// Upper bounds in ascending order. The final `+Inf` is not among the values.
#[derive(Clone, Debug, PartialEq)]
pub struct Bounds {
    values: Box<[f64]>,
    /// The end of a bucket's labels, for each bound and `+Inf`: `le="0.1"}` and a space.
    texts: Box<[Box<str>]>,
}

impl Bounds {
    pub fn new(values: impl Into<Box<[f64]>>) -> Self {
        let values = values.into();
        let texts = values
            .iter()
            // `Debug` writes `1.0` and `1e16`. `Display` would write `1`, and all the zeros.
            .map(|bound| format!("le=\"{bound:?}\"}} ").into())
            .chain(["le=\"+Inf\"} ".into()])
            .collect();
        Self { values, texts }
    }

    /// The finite bounds.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    pub(super) fn texts(&self) -> &[Box<str>] {
        &self.texts
    }
}
