//! Reading prometheus-client's output, piece by piece.

use std::fmt;

use super::{
    Problem,
    describe::{Described, Descriptor, is_name, known_kind},
};
use crate::exposition::{Exposition, Format, Header};

/// Where the lines above the samples come from.
pub(super) enum Source<'a> {
    Known(&'a Header<'a>),
    Described(&'a mut dyn FnMut(&Descriptor) -> bool),
}

/// Where in prometheus-client's output we are. It writes each element named here as one piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    LineStart,
    /// After `# HELP `, `# TYPE ` or `# UNIT `, within the name.
    CommentName(Keyword),
    /// The help, the type or the unit.
    CommentText(Keyword),
    CommentEnd,
    /// Within the name of a sample.
    Name,
    /// Within the name of a label, or where one may begin.
    Key,
    Value,
    AfterValue,
    /// After the labels of a sample or of an exemplar.
    Number,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keyword {
    Help,
    Type,
    Unit,
}

// Each of them is a state of its own, and none depends on another.
#[allow(clippy::struct_excessive_bools)]
pub(super) struct Pieces<'a, 's> {
    exposition: &'a mut Exposition<'s>,
    source: Source<'a>,
    warn: &'a mut dyn FnMut(Problem<'_>),
    state: State,
    described: Described,
    /// The family is not wanted.
    left_out: bool,
    /// The line is not wanted: it is cut off at its end.
    line_bad: bool,
    line_start: usize,
    /// How many pieces of a name have come.
    name_seen: usize,
    /// The names of this family's samples need no change.
    name_as_it_is: bool,
    /// The name of a described family's sample.
    name: String,
    /// The label's name is the one that the line before had at this place.
    key_known: bool,
    /// The names of the labels: `keys_seen` of this line, and as many more as
    /// the lines before had.
    keys: Vec<String>,
    keys_seen: usize,
    /// Where a label's name begins in the chunk.
    key_start: usize,
    /// A comma has come and nothing after it.
    comma: bool,
    exemplar: Option<Exemplar>,
}

/// The exemplar at the end of the line.
#[derive(Clone, Copy, Debug)]
struct Exemplar {
    /// Where it begins in the chunk.
    start: usize,
    /// Characters in the names and values of its labels.
    chars: usize,
    bad: bool,
}

/// More characters than this make an exemplar invalid.
const EXEMPLAR_CHARS: usize = 128;

impl<'a, 's> Pieces<'a, 's> {
    pub(super) fn new(
        exposition: &'a mut Exposition<'s>,
        source: Source<'a>,
        warn: &'a mut dyn FnMut(Problem<'_>),
    ) -> Self {
        Self {
            exposition,
            source,
            warn,
            state: State::LineStart,
            described: Described::default(),
            left_out: false,
            line_bad: false,
            line_start: 0,
            name_seen: 0,
            name_as_it_is: false,
            name: String::new(),
            keys: Vec::new(),
            keys_seen: 0,
            key_known: false,
            key_start: 0,
            comma: false,
            exemplar: None,
        }
    }

    /// The family that is being written, as prometheus-client names it.
    pub(super) fn family(&self) -> String {
        self.described.name.clone()
    }

    fn piece(&mut self, piece: &str) {
        match self.state {
            State::LineStart => self.line_start(piece),
            State::CommentName(_) | State::CommentText(_) | State::CommentEnd => {
                self.comment(piece);
            }
            State::Name => self.name_piece(piece),
            State::Key => self.key_piece(piece),
            State::Value => {
                self.push(piece);
                if piece.as_bytes() == b"\"" {
                    self.state = State::AfterValue;
                } else if let Some(exemplar) = &mut self.exemplar {
                    // An escape is a piece of its own.
                    let escape = matches!(piece, "\\\\" | "\\\"" | "\\n");
                    exemplar.chars += if escape { 1 } else { piece.chars().count() };
                }
            }
            State::AfterValue => match piece {
                "," => {
                    self.comma = true;
                    self.begin_key();
                }
                _ => self.end_labels(piece),
            },
            State::Number => self.number_piece(piece),
        }
    }

    // Seldom called, and so kept out of `piece`, which is called for each few characters.
    #[cold]
    fn comment(&mut self, piece: &str) {
        match self.state {
            State::CommentName(keyword) => {
                if piece == " " && self.name_seen > 0 {
                    self.state = State::CommentText(keyword);
                    return;
                }
                self.name_seen += 1;
                if keyword == Keyword::Help {
                    self.described.name.push_str(piece);
                    self.described.pieces = self.name_seen;
                }
            }
            State::CommentText(keyword) => {
                match keyword {
                    Keyword::Help => piece.clone_into(&mut self.described.help),
                    Keyword::Type => self.described.kind = known_kind(piece),
                    Keyword::Unit => self.described.unit = Some(piece.to_owned()),
                }
                self.state = State::CommentEnd;
            }
            _ if piece == "\n" => self.state = State::LineStart,
            _ => {}
        }
    }

    #[cold]
    fn begin_family(&mut self) {
        self.described = Described::default();
        self.left_out = false;
        self.state = State::CommentName(Keyword::Help);
        self.name_as_it_is = false;
        if let Source::Known(header) = self.source {
            self.exposition.family(header);
            self.name_as_it_is = true;
        }
    }

    fn line_start(&mut self, piece: &str) {
        self.name_seen = 0;
        match piece {
            "# HELP " => self.begin_family(),
            "# TYPE " => self.state = State::CommentName(Keyword::Type),
            "# UNIT " => self.state = State::CommentName(Keyword::Unit),
            _ => {
                self.line_start = self.exposition.lines().len();
                self.line_bad = self.left_out;
                self.exemplar = None;
                self.keys_seen = 0;
                self.name.clear();
                self.state = State::Name;
                self.name_piece(piece);
            }
        }
    }

    fn name_piece(&mut self, piece: &str) {
        // The family's own name, however odd it is, comes in as many pieces as it did in its help.
        let end = self.name_seen >= self.described.pieces && matches!(piece, "{" | " ");
        self.name_seen += 1;
        if self.name_as_it_is {
            self.push(piece);
        } else if end {
            self.end_name();
            self.push(piece);
        } else {
            self.name.push_str(piece);
        }
        if end && piece == "{" {
            self.begin_key();
        } else if end {
            self.state = State::Number;
        }
    }

    /// Writes the name of a described family's sample, and the lines above the first one.
    #[inline(never)]
    fn end_name(&mut self) {
        let suffix = self
            .name
            .strip_prefix(self.described.name.as_str())
            .unwrap_or_default();
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

    fn begin_key(&mut self) {
        self.state = State::Key;
        self.key_known = false;
        self.key_start = self.exposition.lines().len();
    }

    fn key_piece(&mut self, piece: &str) {
        if piece == "=\"" {
            if self.key_known {
                self.keys_seen += 1;
            } else {
                self.check_key();
            }
            self.push(piece);
            self.state = State::Value;
            return;
        }
        let at_start = self.exposition.lines().len() == self.key_start;
        match piece {
            // Two commas can meet; one is enough.
            "," if at_start => self.comma = true,
            "}" | "} " if at_start => {
                self.comma = false;
                self.end_labels(piece);
            }
            _ => {
                if self.comma {
                    self.comma = false;
                    if self.keys_seen > 0 {
                        self.push(",");
                        self.key_start += 1;
                    }
                }
                // Most lines have the labels of the line before, which have been looked at.
                self.key_known = at_start
                    && self.exemplar.is_none()
                    && self
                        .keys
                        .get(self.keys_seen)
                        .is_some_and(|key| key == piece);
                self.push(piece);
            }
        }
    }

    /// Notes whether the label's name, which has just been written, is none or has come before.
    #[cold]
    fn check_key(&mut self) {
        let lines = self.exposition.lines();
        let key = lines.get(self.key_start..).unwrap_or_default();
        self.keys.truncate(self.keys_seen);
        let bad = !is_name(key) || key.starts_with("__") || self.keys.iter().any(|k| k == key);
        if !bad {
            self.keys.push(key.to_owned());
            self.keys_seen += 1;
        }
        if let Some(exemplar) = &mut self.exemplar {
            exemplar.bad |= bad;
            exemplar.chars += key.len();
        } else {
            self.line_bad |= bad;
        }
    }

    fn end_labels(&mut self, piece: &str) {
        // An exemplar's labels end with a piece of two characters.
        self.line_bad |= !matches!(piece, "}" | "} ");
        self.push(piece);
        self.state = State::Number;
    }

    fn number_piece(&mut self, piece: &str) {
        match piece {
            "\n" => self.end_line(),
            "inf" => self.push("+Inf"),
            "-inf" => self.push("-Inf"),
            " # {" => {
                self.exemplar = Some(Exemplar {
                    start: self.exposition.lines().len(),
                    chars: 0,
                    bad: false,
                });
                self.keys_seen = 0;
                self.push(piece);
                self.begin_key();
            }
            _ => {
                self.line_bad |= !piece
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'.' | b'-' | b'+'));
                self.push(piece);
            }
        }
    }

    fn end_line(&mut self) {
        self.state = State::LineStart;
        if self.line_bad {
            self.cut_line();
            return;
        }
        if let Some(exemplar) = self.exemplar {
            self.end_exemplar(exemplar);
        }
        self.exposition.lines().push('\n');
        self.exposition.checkpoint();
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
    fn end_exemplar(&mut self, exemplar: Exemplar) {
        let text = self.exposition.format() == Format::Text;
        if text || exemplar.bad || exemplar.chars > EXEMPLAR_CHARS {
            self.exposition.lines().truncate(exemplar.start);
        }
    }

    fn push(&mut self, piece: &str) {
        self.exposition.lines().push_str(piece);
    }
}

impl fmt::Write for Pieces<'_, '_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.piece(piece);
        Ok(())
    }
}

impl fmt::Debug for Pieces<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pieces")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
