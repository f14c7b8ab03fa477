//! The problems that cause a part of an exposition to be left out.

/// Why a part was left out.
#[derive(Debug)]
pub(crate) enum Problem {
    /// A family with an invalid name.
    Name(String),
    /// A family whose help or name has a line break after which the text looks like a header.
    Header(String),
    /// A family that `admit` rejected.
    Taken { family: String, why: String },
    /// A line that is not a complete sample or has an invalid label.
    Line { family: String, line: String },
}

/// What was left out of one exposition: the first problem of each family, up to [`MAX`](Self::MAX) families.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<(String, Problem)>);

impl Problems {
    const MAX: usize = 16;

    pub(super) fn add(&mut self, family: &str, problem: impl FnOnce(String) -> Problem) {
        if self.0.len() < Self::MAX && self.0.iter().all(|(known, _)| known != family) {
            self.0.push((family.to_owned(), problem(family.to_owned())));
        }
    }
}

impl IntoIterator for Problems {
    type Item = (String, Problem);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
