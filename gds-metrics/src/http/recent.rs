//! A map that finds what was asked for lately without hashing all of it.

use std::{array, borrow::Borrow, hash::Hash};

use super::tables::Map;

/// One for each byte; more than most apps have hosts, patterns or label sets in use at a time.
const SLOTS: usize = 256;

/// A map, and in front of it a table in which what was found last takes the place of what was
/// there before.
#[derive(Debug)]
pub(super) struct RecentMap<K, T> {
    recent: Box<[Option<(K, T)>; SLOTS]>,
    all: Map<K, T>,
}

impl<K, T> Default for RecentMap<K, T> {
    fn default() -> Self {
        Self {
            recent: Box::new(array::from_fn(|_| None)),
            all: Map::default(),
        }
    }
}

impl<K: Clone + Eq + Hash, T: Copy> RecentMap<K, T> {
    #[inline(always)]
    pub(super) fn get<Q>(&mut self, key: &Q) -> Option<T>
    where
        K: Borrow<Q>,
        Q: Digest + Eq + Hash + ?Sized,
    {
        match &self.recent[slot(key)] {
            Some((found, value)) if found.borrow() == key => Some(*value),
            _ => self.get_other(key),
        }
    }

    #[inline(never)]
    fn get_other<Q>(&mut self, key: &Q) -> Option<T>
    where
        K: Borrow<Q>,
        Q: Digest + Eq + Hash + ?Sized,
    {
        let (found, &value) = self.all.get_key_value(key)?;
        self.recent[slot(key)] = Some((found.clone(), value));
        Some(value)
    }

    pub(super) fn insert(&mut self, key: K, value: T) {
        self.all.insert(key, value);
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn clear(&mut self) {
        let Self { recent, all } = self;
        recent.fill_with(|| None);
        all.clear();
    }
}

/// A number that tells most keys apart, for little.
pub(super) trait Digest {
    fn digest(&self) -> u64;
}

/// Of a text, its length and what it begins and ends with.
impl Digest for [u8] {
    #[inline(always)]
    fn digest(&self) -> u64 {
        let (first, last) = match (self.first_chunk(), self.last_chunk()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => (self.first().copied().unwrap_or_default().into(), 0),
        };
        first ^ last.rotate_left(32) ^ self.len() as u64
    }
}

impl Digest for usize {
    #[inline(always)]
    fn digest(&self) -> u64 {
        *self as u64
    }
}

#[inline(always)]
fn slot<Q: Digest + ?Sized>(key: &Q) -> usize {
    // Fibonacci hashing: the upper bits of the product depend on all of the factor's.
    let product = key.digest().wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::from(product.to_be_bytes()[0])
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    #[test]
    fn keys_that_share_a_slot_are_told_apart() {
        let texts = [
            "beginning-1-and-end",
            "beginning-2-and-end",
            "b",
            "bc",
            "",
            "c",
        ];
        assert_eq!(slot(texts[0].as_bytes()), slot(texts[1].as_bytes()));

        let mut map: RecentMap<Rc<[u8]>, usize> = RecentMap::default();
        for (value, text) in texts.iter().enumerate() {
            assert_eq!(map.get(text.as_bytes()), None);
            map.insert(text.as_bytes().into(), value);
        }
        for _ in 0..2 {
            for (value, text) in texts.iter().enumerate() {
                assert_eq!(map.get(text.as_bytes()), Some(value), "{text}");
                assert_eq!(map.get(text.as_bytes()), Some(value), "{text}, again");
            }
        }
        assert_eq!(map.len(), texts.len());
        map.clear();
        assert_eq!(map.get(&b"b"[..]), None);
    }
}
