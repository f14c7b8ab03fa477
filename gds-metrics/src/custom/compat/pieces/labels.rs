//! The labels of a sample or of its exemplar.

use std::fmt;

use super::Pieces;

// As there.
#[allow(clippy::unnecessary_wraps)]
impl Pieces<'_, '_> {
    pub(super) fn begin_labels(&mut self) {
        self.take = Self::key_start;
        self.keys.begin_line();
    }

    fn key_start(&mut self, piece: &str) -> fmt::Result {
        self.key_start = self.exposition.lines().len();
        // Most lines have the labels of a line before, which have been looked at.
        if self.keys.next() == Some(piece) && self.exemplar.is_none() {
            self.take = Self::known_key;
            return self.push(piece);
        }
        self.new_key(piece)
    }

    #[cold]
    fn new_key(&mut self, piece: &str) -> fmt::Result {
        match piece {
            // Two commas can meet; one is enough.
            "," | "" => Ok(()),
            "}" | "} " => {
                let lines = self.exposition.lines();
                if lines.ends_with(',') {
                    lines.pop();
                }
                self.end_labels(piece)
            }
            _ if self.exemplar.is_none() && self.keys.turn(piece) => {
                self.take = Self::known_key;
                self.push(piece)
            }
            _ => self.key_piece(piece),
        }
    }

    fn known_key(&mut self, piece: &str) -> fmt::Result {
        if piece.as_bytes() == b"=\"" {
            self.keys.step();
            self.take = Self::value_piece;
            self.push(piece)
        } else {
            // The name goes on: it is not the one that it began like.
            self.key_piece(piece)
        }
    }

    #[cold]
    fn key_piece(&mut self, piece: &str) -> fmt::Result {
        match piece {
            "=\"" => {
                self.check_key();
                self.take = Self::value_piece;
            }
            "\n" => {
                self.break_line()?;
                self.take = Self::lost;
                return Ok(());
            }
            _ => self.take = Self::key_piece,
        }
        self.push(piece)
    }

    /// Notes whether the label's name, which has just been written, is none or has come before.
    #[cold]
    fn check_key(&mut self) {
        let lines = self.exposition.lines();
        let key = lines.get(self.key_start..).unwrap_or_default();
        let bad = !self.keys.admit(key);
        if let Some(exemplar) = &mut self.exemplar {
            exemplar.key(key, bad);
        } else {
            self.line_bad |= bad;
        }
    }

    fn value_piece(&mut self, piece: &str) -> fmt::Result {
        match piece.as_bytes() {
            b"\"" => self.take = Self::after_value,
            // A quotation mark of the value's own is escaped: this one did not end, and another began.
            b"=\"" => self.line_bad = true,
            b"\n" => return self.break_line(),
            _ => {
                if let Some(exemplar) = &mut self.exemplar {
                    exemplar.value_piece(piece);
                }
            }
        }
        self.push(piece)
    }

    fn after_value(&mut self, piece: &str) -> fmt::Result {
        if piece.as_bytes() == b"," {
            self.take = Self::key_start;
            self.push(piece)
        } else {
            self.end_labels(piece)
        }
    }

    /// Ends the line within its labels: what encodes them did not finish.
    #[cold]
    fn break_line(&mut self) -> fmt::Result {
        self.line_bad = true;
        self.end_line()
    }

    fn end_labels(&mut self, piece: &str) -> fmt::Result {
        // An exemplar's labels end with a piece of two characters.
        self.line_bad |= !matches!(piece, "}" | "} ");
        self.take = Self::number_piece;
        self.push(piece)
    }
}
