//! Numbers in the text formats.

use super::{Number, page::push};

#[inline]
pub(super) fn push_number(out: &mut Vec<u8>, value: Number) {
    match value {
        Number::Unsigned(value) => push_unsigned(out, value),
        Number::Signed(value) => push(out, itoa::Buffer::new().format(value)),
        Number::Float(value) => push_float(out, value),
        Number::Whole(value) => {
            push_unsigned(out, value);
            push(out, ".0");
        }
        Number::Nanos(nanos) => push_seconds(out, nanos),
    }
}

#[inline]
fn push_unsigned(out: &mut Vec<u8>, value: u64) {
    match u8::try_from(value) {
        // A fast path: many counters are small.
        Ok(digit @ 0..10) => out.push(b'0' + digit),
        _ => push(out, itoa::Buffer::new().format(value)),
    }
}

/// Writes the same text as `dtoa`, faster for numbers with few digits.
fn push_float(out: &mut Vec<u8>, value: f64) {
    let magnitude = value.abs();
    if let Some(short) = whole(magnitude).or_else(|| decimal(magnitude)) {
        if value.is_sign_negative() {
            out.push(b'-');
        }
        push_number(out, short);
    } else if value.is_finite() {
        push(out, dtoa::Buffer::new().format_finite(value));
    } else if value.is_nan() {
        push(out, "NaN");
    } else {
        push(out, if value > 0.0 { "+Inf" } else { "-Inf" });
    }
}

/// The number of bits in a float's fraction.
const FRACTION: u32 = f64::MANTISSA_DIGITS - 1;

/// A whole number, if all its digits are written.
#[allow(
    clippy::float_cmp,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
fn whole(magnitude: f64) -> Option<Number> {
    // Above this limit, several whole numbers share one float. The cast saturates, and NaN becomes 0.
    let number = magnitude as i64;
    (number < 1 << f64::MANTISSA_DIGITS && number as f64 == magnitude)
        .then_some(Number::Whole(number as u64))
}

/// A number with at most nine decimals, if `dtoa` writes the same number.
///
/// Below 1,000,000, the rounding interval of each float contains at most one number with nine decimals, so
/// this number is the float's shortest text. `dtoa` uses an interval that is smaller by two parts in 2,048,
/// and finds the same number unless it is at the very edge of the interval.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn decimal(magnitude: f64) -> Option<Number> {
    const SCALE: u64 = 1_000_000_000;
    // Below 0.001, an exponent is written.
    if !(1e-3..1e6).contains(&magnitude) {
        return None;
    }
    let nanos = (magnitude * SCALE as f64 + 0.5) as u64;
    // The float is `mantissa` divided by 2 to the power of `shift`.
    let bits = magnitude.to_bits();
    let mantissa = bits & ((1 << FRACTION) - 1) | 1 << FRACTION;
    let shift = 1023 + u64::from(FRACTION) - (bits >> FRACTION);
    let exact = u128::from(mantissa) * u128::from(SCALE);
    let distance = exact.abs_diff(u128::from(nanos) << shift);
    // The interval of a power of two is smaller on one side.
    let limit = if mantissa == 1 << FRACTION { 24 } else { 49 };
    (distance < u128::from(SCALE / 100 * limit)).then_some(Number::Nanos(nanos))
}

/// Nanoseconds as seconds, exactly.
pub(super) fn push_seconds(out: &mut Vec<u8>, nanos: u64) {
    const SECOND: u64 = 1_000_000_000;
    const MILLI: u64 = 1_000_000;
    push_unsigned(out, nanos / SECOND);
    let fraction = nanos % SECOND;
    // Whole milliseconds are frequent. The digit in front preserves leading zeros after the decimal point.
    let digits = if fraction.is_multiple_of(MILLI) {
        SECOND / MILLI + fraction / MILLI
    } else {
        SECOND + fraction
    };
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(digits).as_bytes();
    // At least one digit follows the decimal point.
    let mut end = digits.len();
    while end > 2 && digits.get(end - 1) == Some(&b'0') {
        end -= 1;
    }
    out.push(b'.');
    out.extend_from_slice(digits.get(1..end).unwrap_or(b"0"));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(number: Number) -> String {
        let mut out = Vec::new();
        push_number(&mut out, number);
        String::from_utf8(out).expect("digits")
    }

    #[test]
    fn numbers() {
        for (number, expected) in [
            (Number::Unsigned(0), "0"),
            (Number::Unsigned(9), "9"),
            (Number::Unsigned(10), "10"),
            (Number::Unsigned(u64::MAX), "18446744073709551615"),
            (Number::Signed(-3), "-3"),
            (Number::Whole(12), "12.0"),
            (Number::Float(0.0), "0.0"),
            (Number::Float(-0.0), "-0.0"),
            (Number::Float(0.1), "0.1"),
            (Number::Float(-0.1), "-0.1"),
            (Number::Float(3.0), "3.0"),
            (Number::Float(1e300), "1e300"),
            (Number::Float(f64::INFINITY), "+Inf"),
            (Number::Float(f64::NEG_INFINITY), "-Inf"),
            (Number::Float(f64::NAN), "NaN"),
            (Number::Nanos(0), "0.0"),
            (Number::Nanos(1), "0.000000001"),
            (Number::Nanos(1_000_000_000), "1.0"),
            (Number::Nanos(1_500_000_000), "1.5"),
            (Number::Nanos(10_000_000_010), "10.00000001"),
            (Number::Nanos(u64::MAX), "18446744073.709551615"),
        ] {
            assert_eq!(written(number), expected);
        }
    }

    fn assert_as_dtoa(value: f64) {
        if value.is_finite() {
            let expected = dtoa::Buffer::new().format_finite(value).to_owned();
            assert_eq!(
                written(Number::Float(value)),
                expected,
                "{:x}",
                value.to_bits()
            );
        }
    }

    /// The float `value` and its two neighbours.
    fn neighbours(value: f64) -> impl Iterator<Item = f64> {
        let bits = value.to_bits();
        (bits.saturating_sub(2)..=bits.saturating_add(2)).map(f64::from_bits)
    }

    #[test]
    fn floats_at_the_limits_are_written_like_dtoa() {
        for exponent in -40..70 {
            neighbours(f64::powi(2.0, exponent)).for_each(assert_as_dtoa);
        }
        for exponent in -12..24 {
            neighbours(f64::powi(10.0, exponent)).for_each(assert_as_dtoa);
        }
        for i in 0..20_000 {
            assert_as_dtoa(f64::from(i) * 0.37);
            assert_as_dtoa(f64::from(i) / 1000.0);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn floats_are_written_like_dtoa(bits: u64, number in 0_u64..1 << 60, places in 0..13) {
            assert_as_dtoa(f64::from_bits(bits));
            for number in [number, number >> 20, number >> 40] {
                assert_as_dtoa(number as f64);
                neighbours(number as f64 / f64::powi(10.0, places)).for_each(assert_as_dtoa);
            }
        }
    }
}
