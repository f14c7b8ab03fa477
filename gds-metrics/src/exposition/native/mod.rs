//! Native histograms: both forms of a histogram from one set of cells.
//!
//! The native and the classic bounds are merged into one ascending list. Each observation is counted once, in
//! the cell between two neighbouring bounds. Every bucket of either form is a sum of cells, so both forms
//! always have the same count.

mod cells;
mod classes;
mod layout;
mod spans;

pub(super) use self::spans::{deltas, spans};
pub(crate) use self::{
    cells::Cells,
    layout::{Layout, Octaves, Reading},
};

/// Eight buckets for each power of two: each bound is 9 % above the previous one.
pub(super) const SCHEMA: i32 = 3;
/// The bucket in that schema for values above all finite numbers.
const BEYOND: i32 = 8193;

/// The eight bounds from 1 to 2, without 2. These are the constants of Prometheus, doubled.
const FRACTIONS: [f64; 8] = [
    2.0 * 0.5,
    2.0 * 0.545_253_866_332_628_8,
    2.0 * 0.594_603_557_501_360_5,
    2.0 * 0.648_419_777_325_504_8,
    2.0 * 0.707_106_781_186_547_5,
    2.0 * 0.771_105_412_703_970_4,
    2.0 * 0.840_896_415_253_714_4,
    2.0 * 0.917_004_043_204_671_1,
];

/// The upper bound of the bucket with this index.
fn bound(index: i32) -> f64 {
    let fraction = FRACTIONS[index.rem_euclid(8).unsigned_abs() as usize % 8];
    fraction * power_of_two(index.div_euclid(8))
}

/// `exponent` is the exponent of a normal number, -1022 to 1023.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(u64::from((exponent + 1023).unsigned_abs()) << 52)
}

/// The exponent of the largest power of two that is at most this positive number. All subnormal numbers have
/// the same exponent.
#[allow(clippy::cast_possible_truncation)]
fn exponent(value: f64) -> i32 {
    ((value.to_bits() >> 52) & 0x7ff) as i32 - 1023
}

/// The index of the bucket of a positive, finite, normal number.
fn index(value: f64) -> i32 {
    let exponent = exponent(value);
    // Exact, because the divisor is a power of two.
    let fraction = value / power_of_two(exponent);
    let below = FRACTIONS.iter().filter(|&&bound| bound < fraction).count();
    exponent * 8 + i32::try_from(below).unwrap_or(8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Like Go's `math.Frexp`.
    fn frexp(value: f64) -> (f64, i32) {
        let exponent = exponent(value);
        // 2^1024 is not a finite number.
        (value / power_of_two(exponent) / 2.0, exponent + 1)
    }

    /// Finds a bucket like Prometheus's client for Go.
    fn by_frexp(value: f64) -> i32 {
        let (fraction, exponent) = frexp(value);
        let bounds = FRACTIONS.map(|bound| bound / 2.0);
        let place = bounds.partition_point(|&bound| bound < fraction);
        i32::try_from(place).expect("at most 8") + (exponent - 1) * 8
    }

    #[test]
    fn golden_indexes() {
        for (value, expected) in [
            (0.004, -63),
            (0.02, -45),
            (0.021, -44),
            (1.0, 0),
            (1.0 + f64::EPSILON, 1),
            (2.0, 8),
            (power_of_two(-20), -160),
            (power_of_two(10), 80),
            (f64::MAX, 8192),
        ] {
            assert_eq!(index(value), expected, "{value}");
            assert_eq!(by_frexp(value), expected, "{value}, by frexp");
        }
    }

    #[test]
    fn a_bound_lies_in_its_bucket() {
        for i in -8000..8184 {
            assert_eq!(index(bound(i)), i);
            let above = f64::from_bits(bound(i).to_bits() + 1);
            assert_eq!(index(above), i + 1);
        }
    }

    proptest::proptest! {
        #[test]
        fn indexes_are_those_of_frexp(value in proptest::num::f64::POSITIVE | proptest::num::f64::NORMAL) {
            proptest::prop_assume!(value > 1e-300);
            assert_eq!(index(value), by_frexp(value));
        }
    }
}
