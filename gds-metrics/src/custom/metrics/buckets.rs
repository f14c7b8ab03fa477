//! The bounds of histograms, as constants.

// A constant reports an error by a panic at compile time.
#![allow(clippy::panic, clippy::manual_assert, clippy::missing_panics_doc)]

use super::decimal::Decimal;

/// The default bounds, in seconds: those of the Python client.
pub const DEFAULT: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// `N` bounds from `start`, each `factor` times the previous one, without rounding errors: from 0.1 with the factor
/// 1.1, the fourth is 0.1331.
#[must_use]
pub const fn exponential<const N: usize>(start: f64, factor: f64) -> [f64; N] {
    let mut bounds = [start; N];
    let by = Decimal::read(factor);
    let mut exact = Decimal::read(start);
    let mut i = 1;
    while i < N {
        exact = match (exact, by) {
            (Some(last), Some(by)) => last.times(by),
            _ => None,
        };
        bounds[i] = or(exact, bounds[i - 1] * factor);
        i += 1;
    }
    bounds
}

/// `N` bounds from `start`, each `width` more than the previous one, without rounding errors: from 0.1 with the
/// width 0.1, the third is 0.3.
#[must_use]
pub const fn linear<const N: usize>(start: f64, width: f64) -> [f64; N] {
    let mut bounds = [start; N];
    let by = Decimal::read(width);
    let mut exact = Decimal::read(start);
    let mut i = 1;
    while i < N {
        exact = match (exact, by) {
            (Some(last), Some(by)) => last.plus(by),
            _ => None,
        };
        // A product, because a running sum would accumulate rounding errors.
        bounds[i] = or(exact, start + width * i as f64);
        i += 1;
    }
    bounds
}

/// The float for `exact`, or `rounded` if that is not possible.
const fn or(exact: Option<Decimal>, rounded: f64) -> f64 {
    match exact {
        Some(exact) => match exact.value() {
            Some(value) => value,
            None => rounded,
        },
        None => rounded,
    }
}

/// Returns `bounds`. Panics if they are not valid for a histogram.
#[must_use]
#[track_caller]
pub const fn checked(bounds: &'static [f64]) -> &'static [f64] {
    let [first, rest @ ..] = bounds else {
        panic!("a histogram needs a bucket: give at least one bound");
    };
    check_bound(*first);
    let (mut last, mut rest) = (*first, rest);
    while let [bound, tail @ ..] = rest {
        check_bound(*bound);
        if *bound <= last {
            panic!("the bounds of buckets must ascend, and no bound may come twice");
        }
        (last, rest) = (*bound, tail);
    }
    bounds
}

#[track_caller]
const fn check_bound(bound: f64) {
    if bound.is_nan() {
        panic!("the bound of a bucket cannot be NaN");
    }
    if bound.is_infinite() {
        panic!("the bound of a bucket must be finite: leave it out, `+Inf` is always added");
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The float that is nearest to `digits` divided by 10 to the power of `places`.
    fn decimal(digits: i128, places: u32) -> f64 {
        format!("{digits}e-{places}").parse().expect("a number")
    }

    fn ascend(bounds: &[f64]) -> bool {
        bounds.windows(2).all(|pair| pair[0] < pair[1])
    }

    #[test]
    fn bounds_are_as_in_the_other_clients() {
        assert_eq!(exponential::<4>(1.0, 2.0), [1.0, 2.0, 4.0, 8.0]);
        assert_eq!(linear::<3>(0.5, 0.25), [0.5, 0.75, 1.0]);
        assert_eq!(checked(DEFAULT).len(), 14);
    }

    #[test]
    fn bounds_have_no_rounding_errors() {
        assert_eq!(linear::<3>(0.1, 0.1), [0.1, 0.2, 0.3]);
        assert_eq!(linear::<4>(-0.3, 0.1), [-0.3, -0.2, -0.1, 0.0]);
        assert_eq!(linear::<3>(1e15, 1.0), [1e15, 1e15 + 1.0, 1e15 + 2.0]);
        assert_eq!(exponential::<3>(0.1, 3.0), [0.1, 0.3, 0.9]);
        assert_eq!(exponential::<4>(1e-9, 10.0), [1e-9, 1e-8, 1e-7, 1e-6]);
        // The square root of 10 has no last digit.
        assert_eq!(
            exponential::<5>(0.001, 10_f64.sqrt()).map(|bound| format!("{bound}")),
            [
                "0.001",
                "0.00316227766016838",
                "0.01",
                "0.0316227766016838",
                "0.1"
            ]
        );
        assert_eq!(exponential::<64>(1.0, 2.0)[63], 2_f64.powi(63));
        assert_eq!(exponential::<64>(0.5, 2.0)[63], 2_f64.powi(62));
    }

    #[test]
    fn bounds_that_decimals_cannot_compute_are_floats() {
        assert!(ascend(&exponential::<40>(1e-30, 10.0)));
        assert!(ascend(&exponential::<40>(1e20, 10.0)));
        assert!(ascend(&exponential::<400>(1.0, 1.001)));
        assert!(ascend(&linear::<40>(1e17, 1e3)));
        assert!(ascend(&linear::<40>(1e-25, 1e-25)));
        assert!(exponential::<2>(f64::NAN, 2.0)[1].is_nan());
        assert!(linear::<2>(0.0, f64::INFINITY)[1].is_infinite());
    }

    proptest! {
        #[test]
        fn linear_bounds_are_decimals(
            start in -1_000_000_000_i64..1_000_000_000,
            width in 1_i64..1_000_000_000,
            places in 0..10_u32,
        ) {
            let read = |digits: i64| decimal(digits.into(), places);
            let bounds = linear::<50>(read(start), read(width));
            for (i, bound) in (0..).zip(bounds) {
                prop_assert_eq!(bound, read(start + width * i));
            }
            prop_assert!(ascend(&bounds));
        }

        #[test]
        fn exponential_bounds_are_decimals(
            start in 1_i128..10_000,
            factor in 1_i128..10_000,
            (start_places, factor_places) in (0..10_u32, 0..4_u32),
        ) {
            prop_assume!(factor > 10_i128.pow(factor_places));
            let bounds = exponential::<20>(decimal(start, start_places), decimal(factor, factor_places));
            let mut digits = start;
            for (i, bound) in (0..).zip(bounds) {
                if digits > 1_000_000_000_000_000 {
                    break;
                }
                prop_assert_eq!(bound, decimal(digits, start_places + i * factor_places));
                digits *= factor;
            }
            prop_assert!(ascend(&bounds));
        }

        #[test]
        fn bounds_are_near_those_of_floats(start in 1e-9..1e9, step in 1e-3..1e3) {
            let near = |a: f64, b: f64| (a - b).abs() <= b * 1e-13;
            let bounds = linear::<50>(start, step);
            prop_assert!(ascend(&bounds));
            for (i, bound) in bounds.into_iter().enumerate() {
                prop_assert!(near(bound, start + step * i as f64), "{bound}");
            }
            let bounds = exponential::<50>(start, 1.0 + step);
            prop_assert!(ascend(&bounds));
            for (i, bound) in (0..).zip(bounds) {
                prop_assert!(near(bound, start * (1.0 + step).powi(i)), "{bound}");
            }
        }
    }
}
