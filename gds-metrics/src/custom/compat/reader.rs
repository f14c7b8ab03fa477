//! Reading prometheus-client's output family by family, as it arrives.

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

/// How much is gathered before it is read. A family's header is looked at together with what
/// follows it, up to this many bytes: a help with a line break can pretend to be samples.
const GATHERED: usize = 64 * 1024;
const FAMILY: &str = "# HELP ";

/// Lets a family in; the error says why not.
type Admit<'a> = &'a mut dyn FnMut(&Descriptor) -> Result<(), String>;

/// Takes prometheus-client's output, in whatever pieces it comes.
pub(super) struct Reader<'a> {
    writer: &'a mut dyn Writer,
    admit: Admit<'a>,
    problems: &'a mut Problems,
    gathered: String,
    names: Places,
    family: Family,
    /// Whether a family has been read.
    understood: bool,
    /// Whether anything has come.
    written: bool,
}

/// The family whose samples are being read.
#[derive(Debug, Default)]
struct Family {
    /// As every sample's name begins, and as errors say it.
    name: String,
    /// `None` if it is left out.
    exposed: Option<String>,
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
            gathered: String::new(),
            names: Places::new(),
            family: Family::default(),
            understood: false,
            written: false,
        }
    }

    /// Reads what is left, and says whether anything was understood, if anything came.
    pub(super) fn finish(&mut self) -> bool {
        self.read_gathered(true);
        self.understood || !self.written
    }

    /// The family that came last, as prometheus-client names it.
    pub(super) fn last_family(&mut self) -> String {
        self.read_gathered(true);
        std::mem::take(&mut self.family.name)
    }

    /// Reads the lines that are whole. A family whose header has come is left for the next time,
    /// unless it is the `last` or long enough.
    fn read_gathered(&mut self, last: bool) {
        let gathered = std::mem::take(&mut self.gathered);
        let mut rest = gathered.as_str();
        while let Some(newline) = rest.find('\n') {
            let is_header = rest.starts_with(FAMILY);
            // What looks like a header within a help is none.
            let header = if is_header {
                describe::end_of_header(rest)
            } else {
                Some(0)
            };
            if header.is_none() && !last && rest.len() < GATHERED {
                break;
            }
            let header = header.unwrap_or_default();
            // The lines up to the next family.
            let next = rest.get(header..).and_then(|rest| rest.find("\n# HELP "));
            let end = match next {
                Some(at) => header + at + 1,
                None if is_header && !last && rest.len() < GATHERED => break,
                None => rest.rfind('\n').unwrap_or(newline) + 1,
            };
            let (family, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            if is_header {
                self.read_family(family);
            } else {
                self.read_samples(family);
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
        self.family.exposed = Some(descriptor.name);
    }

    fn read_samples(&mut self, text: &str) {
        let Some(exposed) = &self.family.exposed else {
            return;
        };
        for line in text.lines() {
            let parts = line::split_name(line, &self.family.name)
                .and_then(|(suffix, rest)| Some((suffix, line::read(rest, &mut self.names)?)));
            let Some((suffix, sample)) = parts else {
                self.problems.add(exposed, |family| Problem::Line {
                    family,
                    line: line.to_owned(),
                });
                // A second header: the help of this family goes on, so its samples are not to be
                // trusted.
                if line.starts_with("# ") {
                    self.family.exposed = None;
                    return;
                }
                continue;
            };
            self.writer.line(&Line {
                suffix,
                labels: &sample.labels,
                value: sample.value,
                exemplar: sample.exemplar,
            });
        }
    }
}

impl fmt::Write for Reader<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.written = true;
        self.gathered.push_str(piece);
        // Without a newline there is nothing new to read, however many pieces a long line has.
        if self.gathered.len() >= GATHERED && piece.contains('\n') {
            self.read_gathered(false);
        }
        Ok(())
    }
}
