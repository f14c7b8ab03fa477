//! What prometheus-client writes, and its quirks, which end here.
//!
//! Sample lines are taken from prometheus-client's own text encoder, piece by piece, as it hands them to
//! `fmt::Write`. The lines above them are written by us. A test pins each quirk, so that a change
//! upstream is noticed.
//!
//! | quirk of 0.25.2 | here | upstream |
//! | --- | --- | --- |
//! | the help is written raw: a newline in it injects metrics | recognised as one piece, and escaped | [#321] |
//! | a full stop is added to the help | taken off | [#94] |
//! | `_total` is added to a counter that is named `…_total` | taken off | [#90] |
//! | the unit is added to a name that ends in it | taken off | [#90] |
//! | a family can be registered twice: two `# TYPE` lines | the second is left out | [#216] |
//! | names and label names are not checked | a family with a bad name is left out, a line with a bad label too | |
//! | a label can come twice (a constant label and one of the family) | the line is left out | |
//! | a comma without a label after it (an info without labels beside constant labels) | held back | |
//! | infinity is written `inf` | `+Inf` | |
//! | no summary type | an untyped family with a `_sum` is one | |
//! | OpenMetrics only: exemplars and `unknown` | cut off; see [`text`](super::text) | [#79] |
//!
//! [#79]: https://github.com/prometheus/client_rust/issues/79
//! [#90]: https://github.com/prometheus/client_rust/issues/90
//! [#94]: https://github.com/prometheus/client_rust/issues/94
//! [#216]: https://github.com/prometheus/client_rust/issues/216
//! [#321]: https://github.com/prometheus/client_rust/issues/321

use std::fmt;

use prometheus_client::{encoding::text::encode_registry, registry::Registry};

use super::{Exposition, Format, Header};
use crate::schema::MetricKind;

/// A family as prometheus-client describes it, its quirks undone.
#[derive(Debug)]
pub(crate) struct Descriptor {
    /// The family's name, as in [`Header`].
    pub(crate) name: String,
    pub(crate) kind: MetricKind,
    unit: Option<String>,
    help: String,
}

/// Writes the one family of `registry` under `header`.
///
/// # Errors
/// When the family's own encoder fails.
pub(crate) fn encode_family(
    exposition: &mut Exposition<'_>,
    registry: &Registry,
    header: &Header<'_>,
    warn: &mut dyn FnMut(Problem<'_>),
) -> fmt::Result {
    encode_registry(
        &mut Pieces::new(exposition, Source::Known(header), warn),
        registry,
    )
}

/// Writes those families of `registry` that `admit` lets in.
///
/// # Errors
/// When a family's own encoder fails: its name.
pub(crate) fn encode_all(
    exposition: &mut Exposition<'_>,
    registry: &Registry,
    admit: &mut dyn FnMut(&Descriptor) -> bool,
    warn: &mut dyn FnMut(Problem<'_>),
) -> Result<(), String> {
    let mut pieces = Pieces::new(exposition, Source::Described(admit), warn);
    encode_registry(&mut pieces, registry).map_err(|fmt::Error| pieces.described.name.clone())
}

/// Why something was left out.
#[derive(Debug)]
pub(crate) enum Problem<'a> {
    /// A family, because of its name.
    Name(&'a str),
    /// A line of the family, because of its labels.
    Labels { family: &'a str, line: &'a str },
}

enum Source<'a> {
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

/// The descriptor that is being read, as it comes.
#[derive(Debug, Default)]
struct Described {
    name: String,
    help: String,
    kind: &'static str,
    unit: Option<String>,
    /// What of it has been written.
    begun: bool,
    /// How the family is named in the exposition.
    exposed: String,
}

struct Pieces<'a, 's> {
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
    /// The name of a described family's sample.
    name: String,
    /// Where the names of this line's labels lie in the chunk.
    keys: Vec<(usize, usize)>,
    key_start: usize,
    /// A comma has come and nothing after it.
    comma: bool,
    in_exemplar: bool,
}

impl<'a, 's> Pieces<'a, 's> {
    fn new(
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
            name: String::new(),
            keys: Vec::new(),
            key_start: 0,
            comma: false,
            in_exemplar: false,
        }
    }

    fn piece(&mut self, piece: &str) {
        match self.state {
            State::LineStart => self.line_start(piece),
            State::CommentName(keyword) => {
                if piece == " " {
                    self.state = State::CommentText(keyword);
                } else if keyword == Keyword::Help {
                    self.described.name.push_str(piece);
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
            State::CommentEnd => {
                if piece == "\n" {
                    self.state = State::LineStart;
                }
            }
            State::Name => self.name_piece(piece),
            State::Key => self.key_piece(piece),
            State::Value => {
                self.push(piece);
                if piece == "\"" {
                    self.state = State::AfterValue;
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

    fn line_start(&mut self, piece: &str) {
        match piece {
            "# HELP " => {
                self.described = Described::default();
                self.left_out = false;
                self.state = State::CommentName(Keyword::Help);
                if let Source::Known(header) = self.source {
                    self.exposition.family(header);
                }
            }
            "# TYPE " => self.state = State::CommentName(Keyword::Type),
            "# UNIT " => self.state = State::CommentName(Keyword::Unit),
            _ => {
                self.line_start = self.exposition.lines().len();
                self.line_bad = self.left_out;
                self.in_exemplar = false;
                self.keys.clear();
                self.name.clear();
                self.state = State::Name;
                self.name_piece(piece);
            }
        }
    }

    fn name_piece(&mut self, piece: &str) {
        let end = matches!(piece, "{" | " ");
        match self.source {
            Source::Known(_) => self.push(piece),
            Source::Described(_) if end => {
                self.end_name();
                self.push(piece);
            }
            Source::Described(_) => self.name.push_str(piece),
        }
        if piece == "{" {
            self.begin_key();
        } else if end {
            self.state = State::Number;
        }
    }

    /// Writes the name of a described family's sample, and the lines above the first one.
    fn end_name(&mut self) {
        let suffix = self
            .name
            .strip_prefix(self.described.name.as_str())
            .unwrap_or_default();
        if !self.described.begun {
            self.described.begun = true;
            let descriptor = self.described.interpret(suffix);
            self.described.exposed.clone_from(&descriptor.name);
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
    }

    fn begin_key(&mut self) {
        self.state = State::Key;
        self.key_start = self.exposition.lines().len();
    }

    fn key_piece(&mut self, piece: &str) {
        let at_start = self.exposition.lines().len() == self.key_start;
        match piece {
            "=\"" => {
                let end = self.exposition.lines().len();
                self.check_key(self.key_start, end);
                self.push(piece);
                self.state = State::Value;
            }
            // Two commas can meet; one is enough.
            "," if at_start => self.comma = true,
            "}" | "} " if at_start => {
                self.comma = false;
                self.end_labels(piece);
            }
            _ => {
                if at_start && self.comma {
                    self.comma = false;
                    self.push(",");
                    self.key_start = self.exposition.lines().len();
                }
                self.push(piece);
            }
        }
    }

    fn check_key(&mut self, start: usize, end: usize) {
        let lines = self.exposition.lines();
        let key = lines.get(start..end).unwrap_or_default();
        let twice = self
            .keys
            .iter()
            .any(|&(start, end)| lines.get(start..end) == Some(key));
        self.line_bad |= twice || !is_name(key) || key.starts_with("__");
        self.keys.push((start, end));
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
                self.in_exemplar = true;
                self.keys.clear();
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
        } else {
            self.exposition.lines().push('\n');
            self.exposition.checkpoint();
        }
    }

    /// Appends to the line, but for an exemplar in a format that has none.
    fn push(&mut self, piece: &str) {
        if !(self.in_exemplar && self.exposition.format() == Format::Text) {
            self.exposition.lines().push_str(piece);
        }
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

impl Described {
    /// Undoes what prometheus-client does to names and help. `suffix`: of the first sample.
    fn interpret(&self, suffix: &str) -> Descriptor {
        let kind = match self.kind {
            "counter" => MetricKind::Counter,
            "gauge" => MetricKind::Gauge,
            "histogram" => MetricKind::Histogram,
            "info" => MetricKind::Info,
            _ if suffix == "_sum" => MetricKind::Summary,
            _ => MetricKind::Unknown,
        };
        let mut name = self.name.as_str();
        if let Some(unit) = &self.unit {
            let shorter = name
                .strip_suffix(unit.as_str())
                .and_then(|n| n.strip_suffix('_'));
            if let Some(shorter) = shorter
                && (shorter.ends_with(&format!("_{unit}")))
            {
                name = shorter;
            }
        }
        let doubled = match kind {
            MetricKind::Counter => "_total",
            MetricKind::Info => "_info",
            _ => "\0",
        };
        Descriptor {
            name: name.strip_suffix(doubled).unwrap_or(name).to_owned(),
            kind,
            unit: self.unit.clone(),
            help: self.help.strip_suffix('.').unwrap_or(&self.help).to_owned(),
        }
    }
}

fn known_kind(text: &str) -> &'static str {
    ["counter", "gauge", "histogram", "info"]
        .into_iter()
        .find(|kind| *kind == text)
        .unwrap_or("unknown")
}

/// Whether `name` may name a metric or a label. (A metric's could have colons too, but those are for
/// recording rules.)
fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
