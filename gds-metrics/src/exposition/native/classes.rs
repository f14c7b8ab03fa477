//! Finds the place of a number among ascending bounds without a search.
//!
//! The class of a number is the position of its highest bit and the four bits below it. Within a class, the
//! largest number is at most 17/16 of the smallest. A table has the first bound of each class, so at most two
//! comparisons remain. If a class has more than two bounds, the caller searches instead.

/// A table for a list of bounds.
#[derive(Clone, Debug)]
pub(super) struct Classes {
    /// The number of bounds below each class.
    first: Box<[u16]>,
    /// The lowest class of the table.
    lowest: u64,
}

/// The limit of bounds in a class.
const MAX: usize = 2;

impl Classes {
    /// A table for the classes `lowest` to `lowest + len - 1`. `smallest` returns the smallest number of a
    /// class. `None` if a class has too many bounds.
    pub(super) fn new<T: PartialOrd + Copy>(
        bounds: &[T],
        lowest: u64,
        len: u64,
        smallest: impl Fn(u64) -> Option<T>,
    ) -> Option<Self> {
        let place = |class| {
            smallest(class).map_or(bounds.len(), |smallest| {
                bounds.partition_point(|&bound| bound < smallest)
            })
        };
        let mut first = Vec::new();
        for class in lowest..lowest + len {
            let start = place(class);
            if place(class + 1) - start > MAX {
                return None;
            }
            first.push(u16::try_from(start).ok()?);
        }
        Some(Self {
            first: first.into(),
            lowest,
        })
    }

    /// The number of bounds below the value, whose class is given.
    pub(super) fn place<T: PartialOrd + Copy>(
        &self,
        bounds: &[T],
        class: u64,
        value: T,
    ) -> Option<usize> {
        let number = usize::try_from(class.checked_sub(self.lowest)?).ok()?;
        let start = usize::from(*self.first.get(number)?);
        let is_above = |bound: Option<&T>| bound.is_some_and(|&bound| bound < value);
        Some(
            start
                + usize::from(is_above(bounds.get(start)))
                + usize::from(is_above(bounds.get(start + 1))),
        )
    }
}

/// The number of classes of integers.
pub(super) const OF_INTEGERS: u64 = 65 * 16;

/// The class of an integer.
pub(super) fn of_integer(value: u64) -> u64 {
    let zeros = value.leading_zeros();
    // The highest bit is removed. 0 has no highest bit, and its class is 0.
    let bits = (value << (zeros & 63)) << 1 >> 60;
    u64::from(64 - zeros) << 4 | bits
}

/// The smallest integer of a class. If the class is empty, that of the next class that is not.
pub(super) fn smallest_integer(class: u64) -> Option<u64> {
    let (highest, bits) = (class >> 4, class & 15);
    match highest {
        0 => Some(u64::from(bits > 0)),
        // Some of these classes have no integer, so the result is rounded up.
        1..=4 => Some(((16 + bits) << (highest - 1)).div_ceil(16)),
        _ if class < OF_INTEGERS => Some((16 + bits) << (highest - 5)),
        _ => None,
    }
}

/// The class of a positive float.
pub(super) fn of_float(value: f64) -> u64 {
    value.to_bits() >> 48
}

/// The smallest float of a class.
pub(super) fn smallest_float(class: u64) -> f64 {
    f64::from_bits(class << 48)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_integers() {
        for (value, class) in [
            (0, 0),
            (1, 16),
            (2, 32),
            (3, 40),
            (16, 80),
            (17, 81),
            (u64::MAX, 1039),
        ] {
            assert_eq!(of_integer(value), class, "{value}");
        }
        for class in 0..OF_INTEGERS {
            let smallest = smallest_integer(class).expect("a class");
            assert!(of_integer(smallest) >= class, "{class}");
            assert!(
                smallest == 0 || of_integer(smallest - 1) < class.max(1),
                "{class}"
            );
        }
    }

    #[test]
    fn crowded_classes_are_rejected() {
        for (bounds, fits) in [
            (&[1000_u64, 1001][..], true),
            (&[1000, 1001, 1002], false),
            (&[1000, 1001, 2000, 2001], true),
        ] {
            let classes = Classes::new(bounds, 0, OF_INTEGERS, smallest_integer);
            assert_eq!(classes.is_some(), fits, "{bounds:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn classes_agree_with_a_search(
            mut bounds in proptest::collection::vec(proptest::num::u64::ANY, 0..40),
            shift in 0..64_u32,
            value: u64,
        ) {
            for bound in &mut bounds {
                *bound >>= shift;
            }
            bounds.sort_unstable();
            bounds.dedup();
            if let Some(classes) = Classes::new(&bounds, 0, OF_INTEGERS, smallest_integer) {
                let near = bounds.iter().flat_map(|&b| [b.saturating_sub(1), b, b.saturating_add(1)]);
                for value in near.chain([value, value >> shift, 0, 1, u64::MAX]) {
                    let found = classes.place(&bounds, of_integer(value), value);
                    assert_eq!(found, Some(bounds.partition_point(|&bound| bound < value)), "{value}");
                }
            }
        }
    }
}
