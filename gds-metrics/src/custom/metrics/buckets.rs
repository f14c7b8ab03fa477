//! The bounds of histograms, as constants.

// A constant reports an error by a panic at compile time.
#![allow(clippy::panic, clippy::manual_assert, clippy::missing_panics_doc)]

/// The default bounds, in seconds: those of the Python client.
pub const DEFAULT: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// `N` bounds from `start`, each `factor` times the previous one.
#[must_use]
pub const fn exponential<const N: usize>(start: f64, factor: f64) -> [f64; N] {
    let mut bounds = [start; N];
    let mut i = 1;
    while i < N {
        bounds[i] = bounds[i - 1] * factor;
        i += 1;
    }
    bounds
}

/// `N` bounds from `start`, each `width` more than the previous one.
#[must_use]
pub const fn linear<const N: usize>(start: f64, width: f64) -> [f64; N] {
    let mut bounds = [start; N];
    let mut i = 1;
    while i < N {
        // A product, because a running sum would accumulate rounding errors.
        bounds[i] = start + width * i as f64;
        i += 1;
    }
    bounds
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
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::float_cmp)]
    fn bounds_are_as_in_the_other_clients() {
        assert_eq!(exponential::<4>(1.0, 2.0), [1.0, 2.0, 4.0, 8.0]);
        assert_eq!(linear::<3>(0.5, 0.25), [0.5, 0.75, 1.0]);
        assert_eq!(checked(DEFAULT).len(), 14);
    }
}
