//! Reads prometheus-client's output family by family, while it is being written.

use std::fmt;

use super::{
    describe::{self, Descriptor},
    line,
    problems::{Problem, Problems},
};
use crate::{
    custom::label_text::{Places, is_name},
    exposition::{Header, Line, Writer},
};

/// The size at which buffered text is read. A family's header is read together with the text that follows it,
/// up to this many bytes, because a help with a line break can contain text that looks like samples.
const GATHERED: usize = 64 * 1024;
const FAMILY: &str = "# HELP ";

/// Decides whether a family is exposed. The error says why not.
type Admit<'a> = &'a mut dyn FnMut(&Descriptor) -> Result<(), String>;

/// Receives prometheus-client's output, in pieces of any size.
pub(super) struct Reader<'a> {
    writer: &'a mut dyn Writer,
    admit: Admit<'a>,
    problems: &'a mut Problems,
    gathered: String,
    /// The length of the text that was searched. A long line can come in many pieces. Until a new line break
    /// comes, they are not searched again.
    seen: usize,
    names: Places,
    family: Family,
    /// Whether a family was read.
    understood: bool,
    /// Whether any text was received.
    written: bool,
}

/// The family whose samples are being read.
#[derive(Debug, Default)]
struct Family {
    /// The prefix of every sample's name. Errors use it.
    name: String,
    /// `None` if the family is left out.
    exposed: Option<String>,
    /// Whether the family is exposed under prometheus-client's name.
    keeps_name: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        writer: &'a mut dyn Writer,
        admit: Admit<'a>,
        problems: &'a mut Problems,
    ) -> Self {
        Self {
            writer,
            admit,
            problems,
            gathered: String::with_capacity(GATHERED + 1024),
            seen: 0,
            names: Places::new(),
            family: Family::default(),
            understood: false,
            written: false,
        }
    }

    /// Reads the remaining text. Returns `false` if there was text and none of it was understood.
    pub(super) fn finish(&mut self) -> bool {
        self.read_gathered(true);
        self.understood || !self.written
    }

    /// The last family, by prometheus-client's name.
    pub(super) fn last_family(&mut self) -> String {
        self.read_gathered(true);
        std::mem::take(&mut self.family.name)
    }

    #[inline(never)]
    fn gather(&mut self, piece: &str) {
        self.gathered.push_str(piece);
        if self.gathered.len() >= GATHERED {
            let unseen = self.gathered.get(self.seen..);
            if unseen.is_none_or(|text| text.contains('\n')) {
                self.read_gathered(false);
            }
            self.seen = self.gathered.len();
        }
    }

    /// Reads the complete lines. If a family's header is at the end, it stays buffered until more text
    /// follows, unless this is the `last` call or the buffer is full.
    fn read_gathered(&mut self, last: bool) {
        let gathered = std::mem::take(&mut self.gathered);
        self.written |= !gathered.is_empty();
        let mut rest = gathered.as_str();
        loop {
            let after = if rest.starts_with(FAMILY) {
                let Some(len) = family_len(rest, last) else {
                    break;
                };
                let (family, after) = rest.split_at_checked(len).unwrap_or((rest, ""));
                self.read_family(family);
                after
            } else {
                self.read_samples(rest)
            };
            if after.len() == rest.len() {
                break;
            }
            rest = after;
        }
        if !last {
            let consumed = gathered.len() - rest.len();
            self.gathered = gathered;
            self.gathered.drain(..consumed);
        }
    }

    fn read_family(&mut self, text: &str) {
        self.family = Family::default();
        let (described, samples) = match describe::read(text) {
            Ok(read) => read,
            Err(name) => {
                name.clone_into(&mut self.family.name);
                let problem = if is_name(name) {
                    Problem::Header
                } else {
                    Problem::Name
                };
                self.problems.add(name, problem);
                return;
            }
        };
        self.understood = true;
        described.name.clone_into(&mut self.family.name);
        let Some(first) = samples.lines().next() else {
            return;
        };
        let suffix = line::split_name(first, described.name).map(|(suffix, _)| suffix);
        self.begin_family(described.interpret(suffix.unwrap_or_default()));
        self.read_samples(samples);
    }

    fn begin_family(&mut self, descriptor: Descriptor) {
        if !is_name(&descriptor.name) {
            self.problems.add(&descriptor.name, Problem::Name);
            return;
        }
        if let Err(why) = (self.admit)(&descriptor) {
            let taken = |family| Problem::Taken { family, why };
            self.problems.add(&descriptor.name, taken);
            return;
        }
        self.writer.family(&Header {
            name: &descriptor.name,
            kind: descriptor.kind,
            unit: descriptor.unit.as_deref(),
            help: &descriptor.help,
        });
        self.family.keeps_name = descriptor.name == self.family.name;
        self.family.exposed = Some(descriptor.name);
    }

    /// Reads complete lines up to the next family, and returns the remaining text.
    fn read_samples<'t>(&mut self, text: &'t str) -> &'t str {
        let mut rest = text;
        while !rest.starts_with(FAMILY) {
            let exposed = self.family.exposed.as_deref();
            let sample = exposed.and_then(|_| line::read(rest, &self.family.name, &mut self.names));
            if let Some((sample, after)) = sample {
                self.writer.line(&Line {
                    suffix: sample.suffix,
                    labels: &sample.labels,
                    value: sample.value,
                    exemplar: sample.exemplar,
                    whole: sample.line.filter(|_| self.family.keeps_name),
                });
                rest = after;
                continue;
            }
            let Some((line, after)) = rest.split_once('\n') else {
                break;
            };
            rest = after;
            if let Some(exposed) = exposed {
                self.problems.add(exposed, |family| Problem::Line {
                    family,
                    line: line.to_owned(),
                });
                // A second header: this line belongs to the family's help, so the samples cannot be trusted.
                if line.starts_with("# ") {
                    self.family.exposed = None;
                }
            }
        }
        rest
    }
}

/// The length of the family at the beginning of `text`: its header, and the complete lines up to the next
/// family. `None` if more text may belong to the family, unless this is the `last` call or the buffer is full.
fn family_len(text: &str, last: bool) -> Option<usize> {
    let all = last || text.len() >= GATHERED;
    let header = match describe::end_of_header(text) {
        // Text inside a help may look like a header. The search for the next family begins after the real
        // header.
        Some(end) => end,
        None if all => 0,
        None => return None,
    };
    let mut at = header;
    while let Some(newline) = text.get(at..)?.find('\n') {
        at += newline + 1;
        if text.get(at..)?.starts_with(FAMILY) {
            return Some(at);
        }
    }
    // The header is read together with the first sample, because the sample's suffix decides the family's
    // name.
    let len = text.rfind('\n').filter(|_| all)? + 1;
    let mut after_header = text.get(header..len)?.lines();
    let has_sample = after_header.any(|line| !line.is_empty() && !line.starts_with('#'));
    (last || has_sample).then_some(len)
}

impl fmt::Write for Reader<'_> {
    #[inline]
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        match piece.as_bytes() {
            // Half of the pieces are a single character. The buffer nearly always has room for it.
            [byte @ ..0x80] if self.gathered.len() < self.gathered.capacity() => {
                self.gathered.push(char::from(*byte));
            }
            _ => self.gather(piece),
        }
        Ok(())
    }
}
