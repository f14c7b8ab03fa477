//! The header `traceparent` of W3C's Trace Context.
//!
//! <https://www.w3.org/TR/trace-context/#traceparent-header>

use super::TraceContext;

/// `00-<32 digits>-<16 digits>-<2 digits>`, in lower-case hexadecimal.
const LEN: usize = 55;

/// Whether the header can name a sampled trace, judged by its length and last digit only. A cheap check before
/// [`parse`].
pub(crate) fn is_sampled(header: &[u8]) -> bool {
    header
        .get(LEN - 1)
        .is_some_and(|&last| digit(last).is_some_and(|bits| bits & 1 == 1))
}

/// The trace in the header, if the header is valid and the trace is sampled.
pub(crate) fn parse(header: &[u8]) -> Option<TraceContext> {
    let (version, rest) = field(header)?;
    let (trace_id, rest) = field(rest)?;
    let (span_id, rest) = field(rest)?;
    let ([flags], rest) = hexadecimal(rest)?;
    match (version, rest) {
        // Later versions may append fields.
        ([0], []) | ([1..=0xfe], [] | [b'-', ..]) => {}
        _ => return None,
    }
    let trace = TraceContext::new(trace_id, span_id);
    (flags & 1 == 1 && trace.is_valid()).then_some(trace)
}

/// A field, and the text after the hyphen that follows it.
fn field<const N: usize>(text: &[u8]) -> Option<([u8; N], &[u8])> {
    let (bytes, rest) = hexadecimal(text)?;
    Some((bytes, rest.strip_prefix(b"-")?))
}

fn hexadecimal<const N: usize>(text: &[u8]) -> Option<([u8; N], &[u8])> {
    let (digits, rest) = text.split_at_checked(2 * N)?;
    let mut bytes = [0; N];
    for (byte, digits) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = digits.try_into().ok()?;
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Some((bytes, rest))
}

/// Upper-case digits are invalid.
const fn digit(c: u8) -> Option<u8> {
    match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn headers() {
        let trace = TraceContext::new(
            0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes(),
            0xb7ad_6b71_6920_3331_u64.to_be_bytes(),
        );
        let long = "x".repeat(100_000);
        for (header, valid) in [
            (VALID.to_owned(), true),
            (VALID.replace("-01", "-03"), true),
            (VALID.replace("-01", "-ff"), true),
            // Later versions.
            (VALID.replacen("00", "01", 1), true),
            (VALID.replacen("00", "cc", 1) + "-more", true),
            (VALID.replacen("00", "cc", 1) + "-", true),
            (VALID.replacen("00", "cc", 1) + "more", false),
            (VALID.replacen("00", "ff", 1), false),
            // Too long for this version.
            (VALID.to_owned() + "-", false),
            (VALID.to_owned() + "-more", false),
            (VALID.to_owned() + "0", false),
            (VALID.to_owned() + &long, false),
            (long, false),
            // Not sampled.
            (VALID.replace("-01", "-00"), false),
            (VALID.replace("-01", "-02"), false),
            // Invalid.
            (String::new(), false),
            ("00".to_owned(), false),
            (VALID[..54].to_owned(), false),
            (VALID[1..].to_owned(), false),
            (format!(" {VALID}"), false),
            (VALID.to_uppercase(), false),
            (VALID.replace('-', "_"), false),
            (VALID.replace("0af7", "0ag7"), false),
            (VALID.replace("b7ad", "B7ad"), false),
            (VALID.replace("-01", "-g1"), false),
            (VALID.replace("-01", "-0g"), false),
            (
                VALID.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
                false,
            ),
            (VALID.replace("b7ad6b7169203331", &"0".repeat(16)), false),
            (VALID.replace("b7ad6b7169203331", "b7ad6b716920333"), false),
        ] {
            let expected = valid.then_some(trace);
            let shown = &header[..header.len().min(80)];
            assert_eq!(parse(header.as_bytes()), expected, "{shown}");
            assert!(is_sampled(header.as_bytes()) || !valid, "{shown}");
        }
        assert!(!is_sampled(VALID.replace("-01", "-00").as_bytes()));
        assert!(!is_sampled(&VALID.as_bytes()[..54]));
    }

    proptest::proptest! {
        #[test]
        fn random_headers_are_invalid(header: Vec<u8>) {
            assert_eq!(parse(&header), None);
        }

        #[test]
        fn ids_are_read_back(trace_id in 1..=u128::MAX, span_id in 1..=u64::MAX) {
            let header = format!("00-{trace_id:032x}-{span_id:016x}-01");
            let trace = TraceContext::new(trace_id.to_be_bytes(), span_id.to_be_bytes());
            assert_eq!(parse(header.as_bytes()), Some(trace));
        }
    }
}
