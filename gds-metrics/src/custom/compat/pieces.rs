//! Reading prometheus-client's output, piece by piece.

mod labels;

use std::{
    fmt::{self, Write as _},
    mem,
};

use super::{
    Problem,
    describe::{Described, Descriptor, is_name, known_kind},
    exemplar::Exemplar,
    keys::Keys,
};
use crate::exposition::{Exposition, Format, Header};

/// Where the lines above the samples come from.
pub(super) enum Source<'a> {
    Known(&'a Header<'a>),
    Described(&'a mut dyn FnMut(&Descriptor) -> bool),
}

/// What takes the next piece, which tells where in prometheus-client's output we are. It writes each
/// element that is told apart here as one piece.
///
/// A function rather than an `enum`, because there is a piece for each few characters, and to look up
/// in a table what to call would be a good part of the cost.
type Take<'a, 's> = fn(&mut Pieces<'a, 's>, &str) -> fmt::Result;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keyword {
    Help,
    Type,
    Unit,
}

pub(super) struct Pieces<'a, 's> {
    exposition: &'a mut Exposition<'s>,
    source: Source<'a>,
    warn: &'a mut dyn FnMut(Problem<'_>),
    take: Take<'a, 's>,
    /// Of the comment that is being read.
    keyword: Keyword,
    described: Described,
    /// The family is not wanted.
    left_out: bool,
    /// The line is not wanted: it is cut off at its end.
    line_bad: bool,
    /// Where what is good so far ends in the chunk.
    line_start: usize,
    /// How many pieces of a name have come.
    name_seen: usize,
    /// The names of this family's samples need no change.
    name_as_it_is: bool,
    /// The name of a described family's sample.
    name: String,
    keys: Keys,
    /// Those of an exemplar, while a sample's are in `keys`.
    other_keys: Keys,
    /// Where a label's name begins in the chunk.
    key_start: usize,
    /// At the end of the line.
    exemplar: Option<Exemplar>,
}

// What takes a piece answers as `write_str` does, so that it can stand in its place.
#[allow(clippy::unnecessary_wraps)]
impl<'a, 's> Pieces<'a, 's> {
    pub(super) fn new(
        exposition: &'a mut Exposition<'s>,
        source: Source<'a>,
        warn: &'a mut dyn FnMut(Problem<'_>),
    ) -> Self {
        let line_start = exposition.lines().len();
        Self {
            exposition,
            source,
            warn,
            take: Self::line_start,
            keyword: Keyword::Help,
            described: Described::default(),
            left_out: false,
            line_bad: false,
            line_start,
            name_seen: 0,
            name_as_it_is: false,
            name: String::new(),
            keys: Keys::default(),
            other_keys: Keys::default(),
            key_start: 0,
            exemplar: None,
        }
    }

    /// Takes back what is no whole line.
    pub(super) fn discard_line(&mut self) {
        self.exposition.lines().truncate(self.line_start);
    }

    /// The family that is being written, as prometheus-client names it.
    pub(super) fn family(&self) -> String {
        self.described.name.clone()
    }

    fn begin_comment(&mut self, keyword: Keyword) {
        self.keyword = keyword;
        self.name_seen = 0;
        self.take = Self::comment_name;
    }

    /// After `# HELP `, `# TYPE ` or `# UNIT `, within the name.
    fn comment_name(&mut self, piece: &str) -> fmt::Result {
        if piece == " " && self.name_seen > 0 {
            self.take = Self::comment_text;
            return Ok(());
        }
        self.name_seen += 1;
        if self.keyword == Keyword::Help {
            self.described.name.push_str(piece);
            self.described.pieces = self.name_seen;
        }
        Ok(())
    }

    /// The help, the type or the unit.
    fn comment_text(&mut self, piece: &str) -> fmt::Result {
        match self.keyword {
            Keyword::Help => piece.clone_into(&mut self.described.help),
            Keyword::Type => self.described.kind = known_kind(piece),
            Keyword::Unit => self.described.unit = Some(piece.to_owned()),
        }
        self.take = Self::comment_end;
        Ok(())
    }

    fn comment_end(&mut self, piece: &str) -> fmt::Result {
        if piece == "\n" {
            self.take = Self::line_start;
        }
        Ok(())
    }

    #[cold]
    fn next_family(&mut self) {
        // There is but one that is known: this is part of a label.
        if matches!(self.source, Source::Known(_)) && self.described.pieces > 0 {
            self.take = Self::lost;
            return;
        }
        self.described = Described::default();
        self.left_out = false;
        self.begin_comment(Keyword::Help);
        self.name_as_it_is = false;
        if let Source::Known(header) = self.source {
            self.exposition.family(header);
            self.line_start = self.exposition.lines().len();
            self.name_as_it_is = true;
        }
    }

    fn line_start(&mut self, piece: &str) -> fmt::Result {
        self.name_seen = 0;
        match piece {
            "# HELP " => self.next_family(),
            "# TYPE " => self.begin_comment(Keyword::Type),
            "# UNIT " => self.begin_comment(Keyword::Unit),
            _ => {
                self.line_bad = self.left_out;
                self.name.clear();
                self.take = Self::name_piece;
                return self.name_piece(piece);
            }
        }
        Ok(())
    }

    fn name_piece(&mut self, piece: &str) -> fmt::Result {
        // The family's own name, however odd it is, comes in as many pieces as it did in its help.
        let may_end = self.name_seen >= self.described.pieces;
        self.name_seen += 1;
        match piece {
            "{" if may_end => self.begin_labels(),
            " " if may_end => self.take = Self::number_piece,
            "# HELP " => {
                self.discard_line();
                self.next_family();
                return Ok(());
            }
            _ if self.name_as_it_is => return self.push(piece),
            _ => {
                self.name.push_str(piece);
                return Ok(());
            }
        }
        let name = if self.name_as_it_is {
            let lines = self.exposition.lines();
            lines.get(self.line_start..).unwrap_or_default()
        } else {
            &self.name
        };
        if self.described.suffix(name).is_none() {
            self.lose_line();
            return Ok(());
        }
        if !self.name_as_it_is {
            self.end_name();
        }
        self.push(piece)
    }

    /// Leaves out what does not begin as the family's samples do: the line break before it was within a
    /// label.
    #[cold]
    fn lose_line(&mut self) {
        if !self.name_as_it_is {
            self.exposition.lines().push_str(&self.name);
        }
        self.cut_line();
        self.take = Self::lost;
    }

    /// After a line break among the pieces of a label's name, which may be a part of the name or the
    /// end of the line: what follows cannot be told apart until the next family.
    #[cold]
    fn lost(&mut self, piece: &str) -> fmt::Result {
        match piece {
            "# HELP " => self.line_start(piece),
            _ => Ok(()),
        }
    }

    /// Writes the name of a described family's sample, and the lines above the first one.
    #[inline(never)]
    fn end_name(&mut self) {
        let suffix = self.described.suffix(&self.name).unwrap_or_default();
        let mut name_as_it_is = false;
        if !self.described.begun {
            self.described.begun = true;
            let descriptor = self.described.interpret(suffix);
            self.described.exposed.clone_from(&descriptor.name);
            name_as_it_is = self.described.exposed == self.described.name;
            if let Source::Described(admit) = &mut self.source {
                if !is_name(&descriptor.name) {
                    (self.warn)(Problem::Name(&descriptor.name));
                    self.left_out = true;
                } else if !admit(&descriptor) {
                    self.left_out = true;
                }
            }
            self.line_bad = self.left_out;
            if !self.left_out {
                self.exposition.family(&Header {
                    name: &descriptor.name,
                    kind: descriptor.kind,
                    unit: descriptor.unit.as_deref(),
                    help: &descriptor.help,
                });
                // The header may have completed a chunk.
                self.line_start = self.exposition.lines().len();
            }
        }
        let lines = self.exposition.lines();
        lines.push_str(&self.described.exposed);
        lines.push_str(suffix);
        self.name_as_it_is = name_as_it_is;
    }

    fn number_piece(&mut self, piece: &str) -> fmt::Result {
        match piece {
            "\n" => self.end_line(),
            "inf" => self.push("+Inf"),
            "-inf" => self.push("-Inf"),
            " # {" => {
                self.exemplar = Some(Exemplar::at(self.exposition.lines().len()));
                mem::swap(&mut self.keys, &mut self.other_keys);
                self.begin_labels();
                self.push(piece)
            }
            _ => {
                let usual = |b| matches!(b, b'0'..=b'9' | b' ' | b'.' | b'-');
                self.line_bad |= !piece.bytes().all(usual) && !is_odd_number(piece);
                self.push(piece)
            }
        }
    }

    fn end_line(&mut self) -> fmt::Result {
        self.take = Self::line_start;
        if let Some(exemplar) = self.exemplar.take() {
            self.end_exemplar(&exemplar);
        }
        let lines = self.exposition.lines();
        // `NaN`, `+Inf` or a digit ends the line, or it ended within a label.
        let ended = matches!(lines.as_bytes().last(), Some(b'0'..=b'f'));
        if self.line_bad || !ended {
            self.cut_line();
            return Ok(());
        }
        lines.push('\n');
        self.exposition.checkpoint();
        self.line_start = self.exposition.lines().len();
        Ok(())
    }

    #[cold]
    fn cut_line(&mut self) {
        let lines = self.exposition.lines();
        if !self.left_out {
            let family = match self.source {
                Source::Known(header) => header.name,
                Source::Described(_) => &self.described.exposed,
            };
            let line = lines.get(self.line_start..).unwrap_or_default();
            (self.warn)(Problem::Labels { family, line });
        }
        lines.truncate(self.line_start);
    }

    #[cold]
    fn end_exemplar(&mut self, exemplar: &Exemplar) {
        mem::swap(&mut self.keys, &mut self.other_keys);
        let text = self.exposition.format() == Format::Text;
        if text || exemplar.is_bad() {
            self.exposition.lines().truncate(exemplar.start());
        }
    }

    fn push(&mut self, piece: &str) -> fmt::Result {
        self.exposition.lines().write_str(piece)
    }
}

/// Whether a piece that is not only of digits is a number, or the beginning of an exemplar's.
#[cold]
fn is_odd_number(piece: &str) -> bool {
    piece.parse::<f64>().is_ok()
}

impl fmt::Write for Pieces<'_, '_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        (self.take)(self, piece)
    }
}

impl fmt::Debug for Pieces<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pieces")
            .field("described", &self.described)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}
