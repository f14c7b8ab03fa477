//! The shape of a match, which is the match without its values. It identifies the pattern.
//!
//! Actix stores the segment names of a resource once, so the addresses of the names identify the
//! resources that matched. The names and the text before, between and after the values leave one
//! possible pattern. (A resource that is registered under several prefixes has the same names but
//! different text.) The pattern of a match without values is its path.
//!
//! Known limit: a scope's default service may answer for a path that is exactly the scope's prefix.
//! Such a match has the shape of the scope's resource for the empty path. If there is such a
//! resource, the request is recorded under its pattern.

use std::panic::{AssertUnwindSafe, catch_unwind};

use actix_web::{
    dev::{Path, Url},
    http::uri::PathAndQuery,
};

/// Text after the last value is part of the key up to this length; text before the first value up
/// to twice this length.
const WORD: usize = 8;
/// Odd, so that no bit of a hash is lost.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// A match without its values.
#[derive(Debug)]
pub(super) struct Matched<'p> {
    pub(super) key: ShapeKey,
    /// The text before the first value, or all of the text if there is no value.
    before: &'p [u8],
    /// The text after the last value.
    after: &'p [u8],
}

/// A shape as numbers, which hold only parts of a long text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ShapeKey {
    /// A hash of the addresses of all names, and of the text between the values; 0 if there are none.
    names: u64,
    /// The first word of the text before the first value, and its last word if the text is longer
    /// than one word.
    before: (u64, u64),
    after: u64,
    lens: (u16, u16),
}

/// What is known about the shape of a pattern.
#[derive(Debug)]
pub(super) struct Shape {
    /// `Some` only if the key does not hold all of the text.
    before: Option<Box<[u8]>>,
    after: Option<Box<[u8]>>,
}

impl<'p> Matched<'p> {
    /// The match of the path with which a request arrived, which is `original`. `None` if it was
    /// decoded or replaced, and if part of it was left unprocessed.
    #[inline(always)]
    pub(super) fn of(path: &'p Path<Url>, original: &'p PathAndQuery) -> Option<Self> {
        let original = original.as_str().as_bytes();
        // This points to the end of the path. It is cheaper than `as_str`, and shows whether the path is
        // still in the buffer of the original: nobody else has a part of that buffer.
        let rest = path.unprocessed();
        let len = rest.as_ptr().addr().checked_sub(original.as_ptr().addr())?;
        let text = original.get(..len)?;
        if !rest.is_empty() {
            return None;
        }
        Self::read(path, text)
    }

    /// The match of any path. Actix panics if a middleware has replaced the path after routing with one
    /// that does not have the values.
    #[inline(never)]
    pub(super) fn of_other(path: &'p Path<Url>) -> Option<Self> {
        let read = || {
            // A default service or a middleware before routing left part of the path, or all of it.
            if !path.unprocessed().is_empty() {
                return None;
            }
            Self::read(path, path.as_str().as_bytes())
        };
        catch_unwind(AssertUnwindSafe(read)).unwrap_or_default()
    }

    /// `None` if a value does not lie in the path.
    #[inline(always)]
    fn read(path: &'p Path<Url>, text: &'p [u8]) -> Option<Self> {
        let mut names = 0_u64;
        let mut first = None;
        let mut last = "";
        // The code calls `next` in one place only, so that it is inlined: this saves 40
        // instructions.
        for (name, value) in path.iter() {
            names = names.wrapping_mul(FACTOR) ^ name.as_ptr().addr() as u64;
            match first {
                None => first = Some(value),
                Some(_) => names = with_text(names, text, last, value)?,
            }
            last = value;
        }
        let (before, after) = match first {
            None => (text, &[][..]),
            Some(first) => {
                let start = text.as_ptr().addr();
                let before_end = first.as_ptr().addr().checked_sub(start)?;
                let after_start = last.as_ptr().addr().checked_sub(start)? + last.len();
                (text.get(..before_end)?, text.get(after_start..)?)
            }
        };
        let before_end = match before.last_chunk() {
            Some(last) if before.len() > WORD => u64::from_le_bytes(*last),
            _ => 0,
        };
        Some(Self {
            key: ShapeKey {
                names,
                before: (first_word(text, before.len()), before_end),
                after: last_word(text, after.len()),
                lens: (
                    u16::try_from(before.len()).ok()?,
                    u16::try_from(after.len()).ok()?,
                ),
            },
            before,
            after,
        })
    }

    /// Whether the key holds all of the text.
    #[inline(always)]
    pub(super) fn is_exact(&self) -> bool {
        self.before.len() <= 2 * WORD && self.after.len() <= WORD
    }
}

impl Shape {
    /// The shape of a match with this pattern, if it is unambiguous: the pattern must have the
    /// names of the match and the text around the values.
    pub(super) fn learn(path: &Path<Url>, matched: &Matched<'_>, pattern: &str) -> Option<Self> {
        let (before, after) = (matched.before, matched.after);
        if path.is_empty() {
            if pattern.as_bytes() != before {
                return None;
            }
        } else {
            let mut names = path.iter().map(|(name, _)| name);
            let mut rest = pattern;
            let (text, _) = rest.split_once('{')?;
            if text.as_bytes() != before {
                return None;
            }
            while let Some((_, segment)) = rest.split_once('{') {
                let (name, after) = split_segment(segment)?;
                if names.next() != Some(name) {
                    return None;
                }
                rest = after;
            }
            if names.next().is_some() || rest.as_bytes() != after {
                return None;
            }
        }
        Some(Self {
            before: (before.len() > 2 * WORD).then(|| before.into()),
            after: (after.len() > WORD).then(|| after.into()),
        })
    }

    /// Whether a match has this shape. Its key is known to be equal.
    pub(super) fn is_of(&self, matched: &Matched<'_>) -> bool {
        let is = |text: &Option<Box<[u8]>>, found: &[u8]| match text {
            None => true,
            Some(text) => **text == *found,
        };
        is(&self.before, matched.before) && is(&self.after, matched.after)
    }
}

impl ShapeKey {
    /// A cheap number that differs for most keys.
    #[inline(always)]
    pub(super) fn digest(&self) -> u64 {
        let (first, last) = self.before;
        let (before, after) = self.lens;
        self.names
            ^ first.rotate_left(23)
            ^ last.rotate_left(31)
            ^ self.after.rotate_left(42)
            ^ u64::from(before) << 48
            ^ u64::from(after) << 32
    }
}

/// Adds the text between two values to a hash.
#[inline(never)]
fn with_text(hash: u64, text: &[u8], before: &str, after: &str) -> Option<u64> {
    let start = text.as_ptr().addr();
    let from = before.as_ptr().addr().checked_sub(start)? + before.len();
    let to = after.as_ptr().addr().checked_sub(start)?;
    let between = text.get(from..to)?;
    let words = (between.first_chunk(), between.last_chunk());
    Some(match words {
        (Some(first), Some(last)) if between.len() <= 2 * WORD => {
            let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
            hash.wrapping_mul(FACTOR) ^ first ^ last.rotate_left(17) ^ between.len() as u64
        }
        _ => between.iter().fold(hash, |hash, byte| {
            hash.wrapping_mul(FACTOR) ^ u64::from(*byte)
        }),
    })
}

/// The name of a dynamic segment, and the text after the segment: for `id:\d{2}}/x`, `id` and `/x`.
fn split_segment(segment: &str) -> Option<(&str, &str)> {
    let mut depth = 1_usize;
    for (i, byte) in segment.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let (inner, rest) = (segment.get(..i)?, segment.get(i + 1..)?);
            let name = inner.split_once(':').map_or(inner, |(name, _)| name);
            // `{tail}*` matches the rest of the path.
            return Some((name, rest.strip_prefix('*').unwrap_or(rest)));
        }
    }
    None
}

/// The first `len` bytes of a text, up to one word. Nearly every path is longer than a word, and
/// then this needs no loop.
#[inline(always)]
fn first_word(text: &[u8], len: usize) -> u64 {
    let word = match text.first_chunk() {
        Some(first) => u64::from_le_bytes(*first),
        None => short_word(text.iter().rev()),
    };
    match unused_bits(len) {
        u64::BITS => 0,
        unused => word << unused,
    }
}

/// The same for the last bytes.
#[inline(always)]
fn last_word(text: &[u8], len: usize) -> u64 {
    let word = match text.last_chunk() {
        Some(last) => u64::from_be_bytes(*last),
        None => short_word(text.iter()),
    };
    match unused_bits(len) {
        u64::BITS => 0,
        unused => word << unused,
    }
}

/// The number of bits in a word that a text of this length does not use.
#[inline(always)]
fn unused_bits(len: usize) -> u32 {
    // The conversion cannot fail: a word has eight bytes.
    let used = u32::try_from(8 * len.min(WORD)).unwrap_or(u64::BITS);
    u64::BITS - used
}

/// Fewer bytes than a word, with the last byte in the lowest bits.
fn short_word<'b>(bytes: impl Iterator<Item = &'b u8>) -> u64 {
    bytes.fold(0, |word, byte| word << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use actix_web::dev::ResourceDef;

    use super::*;

    fn matched(definitions: &[&ResourceDef], path: &str) -> Path<Url> {
        let mut path = Path::new(Url::new(path.parse().expect("a path")));
        for definition in definitions {
            assert!(definition.capture_match_info(&mut path));
        }
        path
    }

    fn learn(path: &Path<Url>, pattern: &str) -> Option<Shape> {
        Shape::learn(path, &Matched::of_other(path)?, pattern)
    }

    #[test]
    fn text_distinguishes_shapes_and_values_do_not() {
        let long = ResourceDef::new("/a-long-collection/{id}/and-a-long-tail");
        for (definition, path, same, pattern) in [
            (&ResourceDef::new("/u/{id}"), "/u/1", "/u/22", "/u/{id}"),
            (&ResourceDef::new("/{id}/x"), "/1/x", "/22/x", "/{id}/x"),
            (
                &ResourceDef::new(r"/{n:\d{1,2}}.{ext}"),
                "/1.png",
                "/22.jpeg",
                r"/{n:\d{1,2}}.{ext}",
            ),
            (
                &ResourceDef::new("/f/{tail}*"),
                "/f/a/b",
                "/f/c",
                "/f/{tail}*",
            ),
            (
                &long,
                "/a-long-collection/1/and-a-long-tail",
                "/a-long-collection/22/and-a-long-tail",
                "/a-long-collection/{id}/and-a-long-tail",
            ),
        ] {
            let (path, same) = (matched(&[definition], path), matched(&[definition], same));
            let shape = learn(&path, pattern).expect("it agrees");
            let (path, same) = (Matched::of_other(&path), Matched::of_other(&same));
            let (path, same) = (path.expect("a value"), same.expect("a value"));
            assert_eq!(path.key, same.key, "{pattern}");
            assert!(shape.is_of(&same), "{pattern}");
        }
    }

    /// For all lengths of the text and of the compared part.
    #[test]
    fn words() {
        for len in 0..=20 {
            let text: Vec<u8> = (1..=len).collect();
            let mut seen = Vec::new();
            for part in 0..=text.len() {
                let (first, last) = (first_word(&text, part), last_word(&text, part));
                let longer = [&text[..part], &[0; 9]].concat();
                assert_eq!(first, first_word(&longer, part), "{part} of {len}");
                let longer = [&[0; 9], &text[text.len() - part..]].concat();
                assert_eq!(last, last_word(&longer, part), "{part} of {len}");
                if part <= WORD {
                    assert!(!seen.contains(&(first, last)), "{part} of {len}");
                    seen.push((first, last));
                }
            }
        }
    }

    #[test]
    fn resources_and_prefixes_are_distinguished() {
        let id = ResourceDef::new("/{id}");
        let other = ResourceDef::new("/{id}");
        let (a, b) = (ResourceDef::prefix("/a"), ResourceDef::prefix("/b"));
        let (x, y) = (ResourceDef::prefix("/{x}/a"), ResourceDef::prefix("/{x}/b"));
        let paths = [
            matched(&[&a, &id], "/a/1"),
            matched(&[&b, &id], "/b/1"),
            matched(&[&a, &other], "/a/1"),
            matched(&[&x, &id], "/1/a/1"),
            matched(&[&y, &id], "/1/b/1"),
        ];
        let keys: Vec<_> = paths
            .iter()
            .map(|path| Matched::of_other(path).expect("a value").key)
            .collect();
        for (i, key) in keys.iter().enumerate() {
            assert!(!keys[..i].contains(key), "{i}: {keys:?}");
        }
    }

    #[test]
    fn mismatched_patterns_are_not_learnt() {
        let scope = ResourceDef::prefix("/users/{id}");
        let path = matched(&[&scope], "/users/me");
        for pattern in [
            "/users/me",
            "/users/{name}",
            "/user/{id}",
            "/users/{id}/",
            "/users/{id}/{other}",
            "/users/{id",
        ] {
            assert!(learn(&path, pattern).is_none(), "{pattern}");
        }
        assert!(learn(&path, "/users/{id}").is_some());
    }

    #[test]
    fn long_texts_with_equal_ends_are_distinguished() {
        let id = ResourceDef::new("/{id}");
        let (a, b) = (
            ResourceDef::prefix("/collection/first/of-all"),
            ResourceDef::prefix("/collection/other/of-all"),
        );
        let path = matched(&[&a, &id], "/collection/first/of-all/1");
        let shape = learn(&path, "/collection/first/of-all/{id}").expect("it agrees");
        let other = matched(&[&b, &id], "/collection/other/of-all/1");
        let other = Matched::of_other(&other).expect("a value");
        assert_eq!(Matched::of_other(&path).expect("a value").key, other.key);
        assert!(!shape.is_of(&other));
    }
}
