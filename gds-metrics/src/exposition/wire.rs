//! The parts of the protocol buffers wire format that are needed here.
//!
//! <https://protobuf.dev/programming-guides/encoding/>

/// The wire type of a field.
#[derive(Clone, Copy)]
enum Wire {
    Varint = 0,
    Fixed64 = 1,
    Length = 2,
}

/// Appends a number in groups of seven bits, the lowest group first.
pub(super) fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(low_byte(value) | 0x80);
        value >>= 7;
    }
    out.push(low_byte(value));
}

#[allow(clippy::cast_possible_truncation)]
const fn low_byte(value: u64) -> u8 {
    value as u8
}

/// Zigzag encoding: maps 0, -1, 1, -2 to 0, 1, 2, 3.
#[allow(clippy::cast_sign_loss)]
pub(super) const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// `field` is at most 15, so the field number and the wire type fit in one byte.
fn push_key(out: &mut Vec<u8>, field: u8, wire: Wire) {
    push_varint(out, u64::from(field) << 3 | wire as u64);
}

/// `uint64`, `uint32`, an enumeration, or an integer that is not negative.
pub(super) fn push_unsigned(out: &mut Vec<u8>, field: u8, value: u64) {
    push_key(out, field, Wire::Varint);
    push_varint(out, value);
}

/// `sint32` or `sint64`.
pub(super) fn push_signed(out: &mut Vec<u8>, field: u8, value: i64) {
    push_unsigned(out, field, zigzag(value));
}

/// `double`.
pub(super) fn push_double(out: &mut Vec<u8>, field: u8, value: f64) {
    push_key(out, field, Wire::Fixed64);
    out.extend_from_slice(&value.to_le_bytes());
}

/// `string`.
pub(super) fn push_string(out: &mut Vec<u8>, field: u8, text: &str) {
    push_key(out, field, Wire::Length);
    push_varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// A message or packed numbers: the bytes that `write` appends.
pub(super) fn push_message(out: &mut Vec<u8>, field: u8, write: impl FnOnce(&mut Vec<u8>)) {
    push_key(out, field, Wire::Length);
    let start = out.len();
    write(out);
    let end = out.len();
    // The length comes before the bytes and is only known after they are written.
    push_varint(out, (end - start) as u64);
    let length = out.len() - end;
    if let Some(message) = out.get_mut(start..) {
        message.rotate_right(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints() {
        for (value, expected) in [
            (0, &[0][..]),
            (1, &[1]),
            (127, &[0x7f]),
            (128, &[0x80, 1]),
            (300, &[0xac, 2]),
            (
                u64::MAX,
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            ),
        ] {
            let mut out = Vec::new();
            push_varint(&mut out, value);
            assert_eq!(out, expected, "{value}");
        }
    }

    #[test]
    fn zigzags() {
        for (value, expected) in [
            (0, 0),
            (-1, 1),
            (1, 2),
            (-2, 3),
            (i64::MAX, u64::MAX - 1),
            (i64::MIN, u64::MAX),
        ] {
            assert_eq!(zigzag(value), expected, "{value}");
        }
    }

    #[test]
    fn messages() {
        let mut out = vec![9];
        push_message(&mut out, 1, |out| {
            push_message(out, 2, |_| {});
            push_signed(out, 3, -1);
        });
        assert_eq!(out, [9, 0x0a, 4, 0x12, 0, 0x18, 1]);

        // A length that takes two bytes.
        let mut out = Vec::new();
        push_message(&mut out, 15, |out| push_string(out, 1, &"x".repeat(198)));
        assert_eq!(out.get(..6), Some(&[0x7a, 0xc9, 1, 0x0a, 0xc6, 1][..]));
        assert_eq!(out.len(), 3 + 201);
    }
}
