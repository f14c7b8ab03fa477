//! What is left out of an exposition, and why.

/// Why something was left out.
#[derive(Debug)]
pub(crate) enum Problem {
    /// A family, because of its name.
    Name(String),
    /// A family, because a line break in its help or its name looks like a header.
    Header(String),
    /// A family that `admit` did not let in.
    Taken { family: String, why: String },
    /// A line of the family: it is no whole sample, or one of its labels is bad.
    Line { family: String, line: String },
}

/// What was left out of one exposition: the first problem of each family, of so many families.
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
