//! A map with a small cache in front of it: recently used keys are found with a simpler hash.

use std::{array, borrow::Borrow, fmt, hash::Hash};

use super::append_only::Map;

/// One for each value of a byte.
const SLOTS: usize = 256;

/// A map that only grows, with a cache table in front of it.
///
/// A key has two slots in the table: its own and the neighbouring one. A key that is found in the map
/// is copied into its own slot, and the previous entry of that slot moves to the neighbouring slot.
pub(super) struct CachedMap<K, T> {
    cache: Box<[Option<(K, T)>; SLOTS]>,
    all: Map<K, T>,
}

impl<K, T> Default for CachedMap<K, T> {
    fn default() -> Self {
        Self {
            cache: Box::new(array::from_fn(|_| None)),
            all: Map::default(),
        }
    }
}

impl<K: Clone + Eq + Hash, T: Copy> CachedMap<K, T> {
    #[inline(always)]
    pub(super) fn get<Q>(&mut self, key: &Q) -> Option<T>
    where
        K: Borrow<Q>,
        Q: Digest + Eq + Hash + ?Sized,
    {
        match self.get_cached(key) {
            Some((_, value)) => Some(*value),
            None => self.get_other(key),
        }
    }

    /// Looks a key up in the table only.
    #[inline(always)]
    pub(super) fn get_cached<Q>(&self, key: &Q) -> Option<&(K, T)>
    where
        K: Borrow<Q>,
        Q: Digest + Eq + ?Sized,
    {
        let slot = slot(key);
        match &self.cache[slot] {
            Some(entry) if entry.0.borrow() == key => Some(entry),
            Some(_) => match &self.cache[slot ^ 1] {
                Some(entry) if entry.0.borrow() == key => Some(entry),
                _ => None,
            },
            None => None,
        }
    }

    /// Looks a key that is not in the table up in the map.
    #[inline(never)]
    pub(super) fn get_other<Q>(&mut self, key: &Q) -> Option<T>
    where
        K: Borrow<Q>,
        Q: Digest + Eq + Hash + ?Sized,
    {
        let (found, &value) = self.all.get_key_value(key)?;
        let slot = slot(key);
        self.cache.swap(slot, slot ^ 1);
        self.cache[slot] = Some((found.clone(), value));
        Some(value)
    }

    /// Inserts a key that is not in the map yet.
    pub(super) fn insert(&mut self, key: K, value: T) {
        let before = self.all.insert(key, value);
        debug_assert!(before.is_none(), "the table may hold what was there before");
    }

    /// The stored key that is equal to this one.
    pub(super) fn get_key<Q>(&mut self, key: &Q) -> Option<K>
    where
        K: Borrow<Q>,
        Q: Digest + Eq + Hash + ?Sized,
    {
        if self.get_cached(key).is_none() {
            self.get_other(key)?;
        }
        self.get_cached(key).map(|(found, _)| found.clone())
    }

    /// Inserts a key that is not in the map yet. Clears the map first if it already has `max` keys.
    pub(super) fn insert_bounded(&mut self, key: K, value: T, max: usize) {
        if self.all.len() >= max {
            self.clear();
        }
        self.insert(key, value);
    }

    pub(super) fn clear(&mut self) {
        let Self { cache, all } = self;
        cache.fill_with(|| None);
        all.clear();
    }
}

impl<K: fmt::Debug, T: fmt::Debug> fmt::Debug for CachedMap<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.all.fmt(f)
    }
}

/// A cheap number that differs for most keys.
pub(super) trait Digest {
    fn digest(&self) -> u64;
}

/// Combines the length with the first, middle and last words: for up to 24 bytes, these are all
/// bytes.
impl Digest for [u8] {
    #[inline(always)]
    fn digest(&self) -> u64 {
        let middle = (self.len() / 2).saturating_sub(4);
        let middle = self.get(middle..).unwrap_or_default();
        let words = (self.first_chunk(), middle.first_chunk(), self.last_chunk());
        let text = match words {
            (Some(first), Some(middle), Some(last)) => {
                // The rotation is not a multiple of 8, so that equal letters in two words do not
                // cancel out.
                u64::from_le_bytes(*first)
                    ^ u64::from_le_bytes(*middle).rotate_left(21)
                    ^ u64::from_le_bytes(*last).rotate_left(43)
            }
            _ => self
                .iter()
                .fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        text ^ self.len() as u64
    }
}

/// 2⁶⁴ divided by the golden ratio, as in Fibonacci hashing.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

#[inline(always)]
fn slot<Q: Digest + ?Sized>(key: &Q) -> usize {
    // The upper bits of the product depend on all bits of the digest.
    let product = key.digest().wrapping_mul(FACTOR);
    usize::from(product.to_be_bytes()[0])
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, rc::Rc};

    use super::*;

    fn slots<'a>(texts: impl IntoIterator<Item = &'a str>) -> HashSet<usize> {
        let slots = texts.into_iter().map(|text| slot(text.as_bytes()));
        slots.collect()
    }

    /// As good as random: with ten keys in 256 slots, the probability of a shared slot is one in
    /// six.
    #[test]
    fn similar_texts_have_different_slots() {
        let hosts: Vec<String> = (0..10)
            .map(|i| format!("customer-{i}.example.com"))
            .collect();
        assert!(slots(hosts.iter().map(String::as_str)).len() >= 9);
        let patterns = [
            "/", "/users", "/items", "/posts", "/login", "/a", "/b", "/c",
        ];
        assert!(slots(patterns).len() >= 7);
        let patterns = ["users", "items", "posts", "teams", "roles"];
        let patterns = patterns.map(|name| format!("/api/v1/{name}/{{user_id}}"));
        assert!(slots(patterns.iter().map(String::as_str)).len() >= 4);
    }

    #[test]
    fn keys_in_the_same_slot_are_distinguished() {
        // One more than the number of slots.
        let texts: Vec<String> = (0..=SLOTS).map(|i| format!("/{i}")).collect();
        let mut map: CachedMap<Rc<[u8]>, usize> = CachedMap::default();
        for (value, text) in texts.iter().enumerate() {
            assert_eq!(map.get(text.as_bytes()), None);
            map.insert(text.as_bytes().into(), value);
        }
        for (value, text) in texts.iter().enumerate() {
            assert_eq!(map.get(text.as_bytes()), Some(value), "{text}");
            assert_eq!(map.get(text.as_bytes()), Some(value), "{text}, again");
        }
        map.clear();
        assert_eq!(map.get(texts[SLOTS].as_bytes()), None);
    }

    #[test]
    fn a_full_bounded_map_is_cleared() {
        let mut map: CachedMap<Rc<[u8]>, ()> = CachedMap::default();
        for text in ["a", "b", "c"] {
            map.insert_bounded(text.as_bytes().into(), (), 2);
            assert!(
                map.get_key(text.as_bytes())
                    .is_some_and(|key| *key == *text.as_bytes())
            );
        }
        assert_eq!(map.get_key(&b"a"[..]), None);
    }
}
