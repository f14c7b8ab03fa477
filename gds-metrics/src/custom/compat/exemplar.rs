//! Whether an exemplar may stay.

/// More characters than this in the names and values of its labels make an exemplar invalid.
///
/// See <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md#exemplars>.
const MAX_CHARS: usize = 128;

/// An exemplar that is being written.
#[derive(Debug)]
pub(super) struct Exemplar {
    start: usize,
    chars: usize,
    bad: bool,
}

impl Exemplar {
    pub(super) fn at(start: usize) -> Self {
        Self {
            start,
            chars: 0,
            bad: false,
        }
    }

    /// Where it begins in the chunk.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    #[cold]
    pub(super) fn key(&mut self, key: &str, bad: bool) {
        self.bad |= bad;
        self.chars += key.len();
    }

    #[cold]
    pub(super) fn value_piece(&mut self, piece: &str) {
        // An escape is a piece of its own.
        let escape = matches!(piece, "\\\\" | "\\\"" | "\\n");
        self.chars += if escape { 1 } else { piece.chars().count() };
    }

    pub(super) fn is_bad(&self) -> bool {
        self.bad || self.chars > MAX_CHARS
    }
}
