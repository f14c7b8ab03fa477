//! Joins the names of metrics, at compile time and at run time.
//!
//! A constant cannot allocate, so an unfinished name is a chain of borrowed parts.

use super::def::MetricDef;

/// The prefixes of a name, innermost first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name<'a> {
    outer: Option<&'a Name<'a>>,
    parts: &'a [&'static str],
}

impl<'a> Name<'a> {
    pub(crate) const ROOT: Name<'static> = Name {
        outer: None,
        parts: &[],
    };

    /// The name inside a nested set.
    pub(crate) const fn child(&'a self, parts: &'a [&'static str]) -> Name<'a> {
        Name {
            outer: Some(self),
            parts,
        }
    }

    /// The name of `def` for queries.
    pub(crate) fn join(&self, def: &MetricDef) -> String {
        self.family(def) + def.kind.sample_suffix()
    }

    /// The name of `def`'s family.
    pub(crate) fn family(&self, def: &MetricDef) -> String {
        let mut name = String::new();
        self.push_prefixes(&mut name);
        push_word(&mut name, def.name);
        if let Some(unit) = unit_suffix(def) {
            push_word(&mut name, unit);
        }
        name
    }

    fn push_prefixes(&self, name: &mut String) {
        if let Some(outer) = self.outer {
            outer.push_prefixes(name);
        }
        for part in self.parts {
            push_word(name, part);
        }
    }

    /// Appends the family's name to `text`.
    pub(crate) const fn write<const N: usize>(&self, def: &MetricDef, text: &mut Text<N>) {
        self.write_prefixes(text);
        text.word(def.name);
        if let Some(unit) = unit_suffix(def) {
            text.word(unit);
        }
    }

    const fn write_prefixes<const N: usize>(&self, text: &mut Text<N>) {
        if let Some(outer) = self.outer {
            outer.write_prefixes(text);
        }
        let mut rest = self.parts;
        while let [part, tail @ ..] = rest {
            text.word(part);
            rest = tail;
        }
    }
}

/// The unit, if the name does not end in it already.
const fn unit_suffix(def: &MetricDef) -> Option<&'static str> {
    match def.unit {
        Some(unit) if !ends_with_word(def.name, unit) => Some(unit),
        _ => None,
    }
}

fn push_word(name: &mut String, word: &str) {
    if !name.is_empty() && !word.is_empty() {
        name.push('_');
    }
    name.push_str(word);
}

/// A text that a constant builds. It is cut off at `N` bytes.
#[derive(Debug)]
pub struct Text<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Text<N> {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; N],
            len: 0,
        }
    }

    pub(crate) const fn push(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    pub(super) const fn push_bytes(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let [byte, tail @ ..] = rest {
            // If this splits a character, `as_str` has a fallback.
            if self.len < N {
                self.bytes[self.len] = *byte;
                self.len += 1;
            }
            rest = tail;
        }
    }

    /// Appends `word`, after an underscore unless it is the first.
    const fn word(&mut self, word: &str) {
        if self.len > 0 && !word.is_empty() {
            self.push("_");
        }
        self.push(word);
    }

    pub(super) const fn push_number(&mut self, number: usize) {
        if number >= 10 {
            self.push_number(number / 10);
        }
        self.push_bytes(&[b"0123456789"[number % 10]]);
    }

    pub(super) const fn pop(&mut self) {
        self.len -= 1;
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) const fn as_bytes(&self) -> &[u8] {
        self.bytes.split_at(self.len).0
    }

    /// The text so far.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.as_bytes()) {
            Ok(text) => text,
            Err(_) => "a metric",
        }
    }
}

/// Whether `name` is `word` or ends in `_word`.
pub(crate) const fn ends_with_word(name: &str, word: &str) -> bool {
    match name.len().checked_sub(word.len()) {
        Some(0) => eq(name, word),
        Some(at) => {
            name.is_char_boundary(at)
                && eq(name.split_at(at).1, word)
                && name.as_bytes()[at - 1] == b'_'
        }
        None => false,
    }
}

/// `name` without a `_word` at its end.
pub(crate) const fn strip_word(name: &'static str, word: &str) -> &'static str {
    if name.len() > word.len() + 1 && ends_with_word(name, word) {
        name.split_at(name.len() - word.len() - 1).0
    } else {
        name
    }
}

pub(crate) const fn eq(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    while let ([x, xs @ ..], [y, ys @ ..]) = (a, b) {
        if *x != *y {
            return false;
        }
        (a, b) = (xs, ys);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_whole_words() {
        assert!(ends_with_word("x_total", "total"));
        assert!(ends_with_word("total", "total"));
        assert!(!ends_with_word("subtotal", "total"));
        assert!(!ends_with_word("é", "x"));
        assert_eq!(strip_word("x_total", "total"), "x");
        assert_eq!(strip_word("subtotal", "total"), "subtotal");
        assert_eq!(strip_word("total", "total"), "total");
    }
}
