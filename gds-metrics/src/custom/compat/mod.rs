//! Reads prometheus-client's output and corrects its quirks.
//!
//! The output is read as lines, because its bytes are specified and the sequence of `write_str` calls is not.
//! The lines above the samples are written again. Each quirk has a test, which fails if upstream changes.
//!
//! | quirk of 0.25.2 | here | upstream |
//! | --- | --- | --- |
//! | the help is written raw: a newline in it injects metrics | the family's one `# TYPE` line ends the help, which is escaped; with two such lines, or none, the family is left out | |
//! | a full stop is added to the help | removed | [#56] |
//! | `_total` is added to a counter that is named `…_total` | removed | [#51] |
//! | the unit is added to a name that ends in it | removed | |
//! | a family can be registered twice: two `# TYPE` lines | the second is left out | [#292] |
//! | names and label names are not checked | a family with a bad name is left out, and a line with a bad label | |
//! | a label can occur twice (a constant label and one of the family) | the line is left out | |
//! | a trailing comma (an info without labels in addition to constant labels) | removed | |
//! | a label's own encoder may stop before its end | the line is left out | |
//! | infinity is written `inf` | `+Inf` | |
//! | there is no summary type | an untyped family with a `_sum` is a summary | |
//! | OpenMetrics only: exemplars | left out in the classic format | [#51] |
//! | an exemplar can be longer than 128 characters, or have bad labels | left out | |
//! | two guards of one family deadlock | documented at `register_with` | [#231], [#300] |
//!
//! One weakness remains: if an application's own encoder writes a label *name* with a newline, it can forge a
//! series of its own family.
//!
//! [#51]: https://github.com/prometheus/client_rust/issues/51
//! [#56]: https://github.com/prometheus/client_rust/issues/56
//! [#231]: https://github.com/prometheus/client_rust/issues/231
//! [#292]: https://github.com/prometheus/client_rust/issues/292
//! [#300]: https://github.com/prometheus/client_rust/issues/300

mod describe;
mod line;
mod metrics;
mod problems;
mod reader;

use prometheus_client::{encoding::text::encode_registry, registry::Registry};

use self::reader::Reader;
pub(crate) use self::{
    describe::Descriptor,
    problems::{Problem, Problems},
};
use crate::exposition::Writer;

/// Writes the families of `registry` that `admit` accepts. Its error says why a family is left out. It is
/// called while prometheus-client holds a lock of the family.
///
/// # Errors
///
/// If a family's own encoder fails, or if the text is not understood. The error is the family's name.
pub(crate) fn write(
    writer: &mut dyn Writer,
    registry: &Registry,
    admit: &mut dyn FnMut(&Descriptor) -> Result<(), String>,
    problems: &mut Problems,
) -> Result<(), String> {
    let mut reader = Reader::new(writer, admit, problems);
    let encoded = encode_registry(&mut reader, registry);
    if encoded.is_ok() && reader.finish() {
        Ok(())
    } else {
        Err(reader.last_family())
    }
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write as _, sync::mpsc, thread, time::Duration};

    use prometheus_client::metrics::{counter::Counter, family::Family};

    use super::*;
    use crate::exposition::{CHUNK, Format, Sink, open};

    /// Keeps the chunks separate.
    #[derive(Default)]
    struct Chunks(Vec<Vec<u8>>);

    impl Sink for Chunks {
        fn take(&mut self, chunk: &mut Vec<u8>) {
            self.0.push(std::mem::take(chunk));
        }
    }

    #[test]
    fn a_large_family_is_streamed_in_whole_lines() {
        const SERIES: usize = 5_000;
        let family = Family::<Vec<(&str, String)>, Counter>::default();
        for i in 0..SERIES {
            family.get_or_create(&vec![("path", format!("/{i}"))]).inc();
            // Left out at any position in a chunk.
            family.get_or_create(&vec![("a b", i.to_string())]).inc();
        }
        let mut registry = Registry::default();
        registry.register("x", "Help", family);

        let mut chunks = Chunks::default();
        let mut writer = open(Format::Text, &mut chunks);
        let mut problems = Problems::default();
        write(&mut *writer, &registry, &mut |_| Ok(()), &mut problems)
            .expect("a counter can be encoded");
        writer.finish();
        drop(writer);

        assert_eq!(problems.into_iter().count(), 1);
        assert!(chunks.0.len() > 1);
        for chunk in &chunks.0 {
            assert!(chunk.ends_with(b"\n") && chunk.len() < CHUNK + 200);
        }
        let text = String::from_utf8(chunks.0.concat()).expect("text");
        let mut lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2 + SERIES);
        assert_eq!(
            lines[..2],
            ["# HELP x_total Help", "# TYPE x_total counter"]
        );
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), 2 + SERIES);
        assert!(lines.contains(&"x_total{path=\"/4999\"} 1"));
    }

    /// The result depends on the text, not on how the text is split into calls.
    #[test]
    fn the_split_into_pieces_does_not_matter() {
        let family = Family::<Vec<(&str, &str)>, Counter>::default();
        family.get_or_create(&vec![("path", "/")]).inc();
        family.get_or_create(&vec![("path", "a\nb")]).inc();
        let mut registry = Registry::default();
        registry.register("x", "Help", family);
        registry.register("y", "A\nhelp", Counter::<u64>::default());
        let mut text = String::new();
        encode_registry(&mut text, &registry).expect("counters can be encoded");

        let exposed = |pieces: &[&str]| {
            let mut out = Vec::new();
            let mut writer = open(Format::OpenMetrics, &mut out);
            let mut problems = Problems::default();
            let mut admit = |_: &Descriptor| Ok(());
            let mut reader = Reader::new(&mut *writer, &mut admit, &mut problems);
            for piece in pieces {
                reader.write_str(piece).expect("memory");
            }
            assert!(reader.finish());
            writer.finish();
            drop(writer);
            String::from_utf8(out).expect("text")
        };
        let whole = exposed(&[&text]);
        assert_eq!(whole.lines().count(), 8, "{whole}");
        let characters: Vec<String> = text.chars().map(String::from).collect();
        let characters: Vec<&str> = characters.iter().map(String::as_str).collect();
        assert_eq!(exposed(&characters), whole);
    }

    /// A client may choose a long label value, and prometheus-client writes each quotation mark in it
    /// separately. If every piece caused the whole line to be read again, the scrape would take quadratic
    /// time.
    #[test]
    fn a_long_label_in_many_pieces_is_read_once() {
        const LEN: usize = 1_000_000;
        let family = Family::<Vec<(&str, String)>, Counter>::default();
        let labels = vec![("path", "\"".repeat(LEN))];
        family.get_or_create(&labels).inc();
        let mut registry = Registry::default();
        registry.register("x", "Help", family);

        let (done, exposed) = mpsc::channel();
        thread::spawn(move || {
            let mut out = Vec::new();
            let mut writer = open(Format::Text, &mut out);
            let mut problems = Problems::default();
            write(&mut *writer, &registry, &mut |_| Ok(()), &mut problems)
                .expect("a counter can be encoded");
            writer.finish();
            drop(writer);
            done.send(out)
        });
        let exposed = exposed.recv_timeout(Duration::from_secs(60));
        let exposed = exposed.expect("the pieces are not read again and again");
        assert!(exposed.len() > 2 * LEN);
    }

    #[test]
    fn text_that_is_not_understood_is_an_error() {
        for (text, understood) in [("", true), ("x 1\n", false), ("# HELP x", false)] {
            let mut out = Vec::new();
            let mut writer = open(Format::Text, &mut out);
            let mut problems = Problems::default();
            let mut admit = |_: &Descriptor| Ok(());
            let mut reader = Reader::new(&mut *writer, &mut admit, &mut problems);
            if !text.is_empty() {
                reader.write_str(text).expect("memory");
            }
            assert_eq!(reader.finish(), understood, "{text}");
        }
    }
}
