//! Labels that are written by their `Display`, up to a limit.

use std::fmt::{Display, Write};

use prometheus_client::encoding::{LabelSetEncoder, LabelValueEncoder};

use super::labels::encode;

/// Encodes one label of a derived label set, written by its `Display`.
#[doc(hidden)]
pub fn encode_display<V: Display>(
    value: &V,
    encoder: &mut LabelSetEncoder<'_>,
    name: &str,
) -> std::fmt::Result {
    encode(encoder, name, |text| display(value, text))
}

/// The limit in bytes for a label written by `Display`. The rest is cut off.
const MAX_DISPLAY: usize = 128;

/// Writes `value` with its `Display`, up to the limit.
#[doc(hidden)]
pub fn display<V: Display>(value: &V, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
    let mut text = Bounded {
        encoder,
        room: MAX_DISPLAY,
        full: false,
    };
    let written = write!(text, "{value}");
    if text.full { Ok(()) } else { written }
}

/// Forwards text up to the limit. Then it returns an error, so that `Display` stops.
struct Bounded<'a, 'e> {
    encoder: &'a mut LabelValueEncoder<'e>,
    room: usize,
    full: bool,
}

impl Write for Bounded<'_, '_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let mut end = text.len().min(self.room);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.encoder.write_str(text.split_at(end).0)?;
        self.room -= end;
        if end < text.len() {
            self.full = true;
            return Err(std::fmt::Error);
        }
        Ok(())
    }
}
