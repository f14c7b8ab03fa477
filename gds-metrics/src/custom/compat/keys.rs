//! Checking the names of a line's labels, most of which a line before has had already.

use std::mem;

use super::describe::is_name;

/// The names of the labels of a line, and of the lines before.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// `seen` of this line, and as many more as the lines before had.
    names: Vec<String>,
    /// The same of lines that begin with another label: those with `le` and those without take
    /// turns.
    others: Vec<String>,
    seen: usize,
}

impl Keys {
    pub(super) fn begin_line(&mut self) {
        self.seen = 0;
    }

    /// The name that a line before had at this place.
    pub(super) fn next(&self) -> Option<&str> {
        self.names.get(self.seen).map(String::as_str)
    }

    /// Where no name of this line was admitted yet, takes the other lines for those before, and says
    /// whether they begin with this name. Of no use where constant labels come before `le`.
    pub(super) fn turn(&mut self, key: &str) -> bool {
        if self.seen > 0 {
            return false;
        }
        mem::swap(&mut self.names, &mut self.others);
        self.next() == Some(key)
    }

    /// It is the one that [`next`](Self::next) tells.
    pub(super) fn step(&mut self) {
        self.seen += 1;
    }

    /// Whether this can be the name of a label, and has not come before in this line.
    pub(super) fn admit(&mut self, key: &str) -> bool {
        self.names.truncate(self.seen);
        let good = is_name(key) && !key.starts_with("__") && !self.names.iter().any(|k| k == key);
        if good {
            self.names.push(key.to_owned());
            self.seen += 1;
        }
        good
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(keys: &mut Keys, line: &[&str]) -> Vec<&'static str> {
        keys.begin_line();
        line.iter()
            .map(|key| {
                if keys.next() == Some(key) || keys.turn(key) {
                    keys.step();
                    "known"
                } else if keys.admit(key) {
                    "new"
                } else {
                    "bad"
                }
            })
            .collect()
    }

    #[test]
    fn names_are_looked_at_once() {
        let mut keys = Keys::default();
        for (labels, expected) in [
            (&["a", "b"][..], &["new", "new"][..]),
            (&["a", "b"], &["known", "known"]),
            (&["le", "a", "b"], &["new", "new", "new"]),
            (&["a", "b"], &["known", "known"]),
            (&["le", "a", "b"], &["known", "known", "known"]),
            (&["le", "a"], &["known", "known"]),
            // Beyond what is known, as elsewhere.
            (&["a", "b", "a"], &["known", "known", "bad"]),
            (&["a", "c", "a", "b"], &["known", "new", "bad", "new"]),
            (&["b", "b"], &["new", "bad"]),
            (&["a b", "__a", "a"], &["bad", "bad", "new"]),
            (&["a", "a"], &["known", "bad"]),
        ] {
            assert_eq!(line(&mut keys, labels), expected, "{labels:?}");
        }
    }
}
