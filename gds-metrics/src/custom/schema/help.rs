//! The help from a doc comment that contains a macro, such as `#[doc = include_str!("orders.md")]`.
//!
//! The derive reads other doc comments itself. Only the compiler knows the text of a macro.

use super::name::Text;

/// The first paragraph of `doc`, in one line, without a final full stop.
///
/// # Panics
///
/// If `doc` has no words.
#[must_use]
#[track_caller]
pub const fn help<const N: usize>(doc: &str) -> Text<N> {
    let mut help = Text::new();
    let mut rest = Some(doc.as_bytes());
    while let Some(bytes) = rest {
        let (line, after) = split_line(bytes);
        let line = line.trim_ascii();
        if !line.is_empty() {
            if !help.is_empty() {
                help.push(" ");
            }
            help.push_bytes(line);
        } else if !help.is_empty() {
            break;
        }
        rest = after;
    }
    if !matches!(help.as_bytes(), [.., b'.', b'.']) && matches!(help.as_bytes(), [.., b'.']) {
        help.pop();
    }
    assert!(
        has_word(help.as_bytes()),
        "the doc comment has no words: say what the metric measures, there or in `help = \"…\"`"
    );
    help
}

/// The first line, and the text after it if there is another line.
const fn split_line(bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut i = 0;
    while i < bytes.len() {
        let (line, rest) = bytes.split_at(i);
        if let [b'\n', after @ ..] = rest {
            return (line, Some(after));
        }
        i += 1;
    }
    (bytes, None)
}

const fn has_word(mut bytes: &[u8]) -> bool {
    while let [byte, rest @ ..] = bytes {
        if byte.is_ascii_alphanumeric() || !byte.is_ascii() {
            return true;
        }
        bytes = rest;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_paragraph_is_the_help() {
        for (doc, expected) in [
            ("Orders placed.", "Orders placed"),
            ("\n\n Orders\r\n placed. \n\n And more.", "Orders placed"),
            ("Is going on...", "Is going on..."),
            ("Größe.", "Größe"),
        ] {
            assert_eq!(help::<64>(doc).as_str(), expected);
        }
    }

    #[test]
    #[should_panic(expected = "has no words")]
    fn a_full_stop_is_not_a_help() {
        let _ = help::<64>(" .\n");
    }
}
