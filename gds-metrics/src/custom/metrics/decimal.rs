//! Decimal arithmetic for bounds, at compile time.
//!
//! In floats, `0.1 + 0.1 * 2` is `0.30000000000000004`. Here it is 0.3.

// Constants can use neither `?` nor conversions by traits. Digits and places are within the limits of all casts.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::question_mark,
    clippy::manual_map
)]

/// `digits` divided by 10 to the power of `places`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimal {
    digits: i128,
    places: u32,
}

/// The powers of ten that a float stores exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// A float stores every whole number below this one.
const EXACT: u128 = 1 << f64::MANTISSA_DIGITS;

impl Decimal {
    /// The decimal with the fewest places whose nearest float is `value`; if it would have more than 15 digits,
    /// one near it. `None` if `value` is 2^53 or more, or has more than 22 places.
    #[allow(clippy::float_cmp)]
    pub(super) const fn read(value: f64) -> Option<Self> {
        let mut places = 0;
        while places < POWERS.len() {
            let power = POWERS[places];
            let half = if value < 0.0 { -0.5 } else { 0.5 };
            let number = Self {
                // The cast cuts off the fraction, turns NaN into 0, and saturates.
                digits: (value * power + half) as i128,
                places: places as u32,
            };
            let is_exact = number.digits.unsigned_abs() < EXACT;
            if is_exact && number.digits as f64 / power == value || !is_exact && places > 0 {
                return Some(number);
            }
            if !is_exact {
                return None;
            }
            places += 1;
        }
        None
    }

    /// The nearest float. If a fraction has more digits than a float, it is rounded to 15 digits.
    pub(super) const fn value(self) -> Option<f64> {
        let mut number = self;
        while number.places > 0 && number.digits % 10 == 0 {
            number.digits /= 10;
            number.places -= 1;
        }
        if number.digits.unsigned_abs() >= EXACT {
            number = number.rounded(15);
        }
        if (number.places as usize) < POWERS.len() {
            Some(number.digits as f64 / POWERS[number.places as usize])
        } else {
            None
        }
    }

    pub(super) const fn plus(self, other: Self) -> Option<Self> {
        let places = if self.places > other.places {
            self.places
        } else {
            other.places
        };
        let (Some(a), Some(b)) = (self.digits_at(places), other.digits_at(places)) else {
            return None;
        };
        match a.checked_add(b) {
            Some(digits) => Some(Self { digits, places }),
            None => None,
        }
    }

    pub(super) const fn times(self, other: Self) -> Option<Self> {
        let Some(digits) = self.digits.checked_mul(other.digits) else {
            let short = self.rounded(20);
            if short.places == self.places {
                return None;
            }
            return short.times(other);
        };
        Some(Self {
            digits,
            places: self.places + other.places,
        })
    }

    /// The digits that the number has with `places`, which are not fewer than its own.
    const fn digits_at(self, places: u32) -> Option<i128> {
        match 10_i128.checked_pow(places - self.places) {
            Some(power) => self.digits.checked_mul(power),
            None => None,
        }
    }

    /// The number with at most `count` digits. It keeps all digits before the point.
    const fn rounded(self, count: u32) -> Self {
        let limit = 10_i128.pow(count);
        let mut power = 1;
        let mut places = self.places;
        while places > 0 && (self.digits / power).abs() >= limit {
            power *= 10;
            places -= 1;
        }
        let rest = self.digits % power;
        let up = if rest.abs() >= power - rest.abs() && power > 1 {
            rest.signum()
        } else {
            0
        };
        Self {
            digits: self.digits / power + up,
            places,
        }
    }
}
