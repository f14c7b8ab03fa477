//! What prometheus-client writes, and its quirks, which end here.
//!
//! Sample lines are taken from prometheus-client's own text encoder, piece by piece, as it hands them to
//! `fmt::Write`. The lines above them are written by us. A test pins each quirk, so that a change
//! upstream is noticed.
//!
//! | quirk of 0.25.2 | here | upstream |
//! | --- | --- | --- |
//! | the help is written raw: a newline in it injects metrics | recognised as one piece, and escaped | |
//! | a full stop is added to the help | taken off | [#56] |
//! | `_total` is added to a counter that is named `…_total` | taken off | [#51] |
//! | the unit is added to a name that ends in it | taken off | |
//! | a family can be registered twice: two `# TYPE` lines | the second is left out | [#292] |
//! | names and label names are not checked | a family with a bad name is left out, a line with a bad label too | |
//! | a label can come twice (a constant label and one of the family) | the line is left out | |
//! | a comma without a label after it (an info without labels beside constant labels) | taken off | |
//! | a label's own encoder may stop before its end | the line is left out; within the label's name, the rest of the family too | |
//! | infinity is written `inf` | `+Inf` | |
//! | no summary type | an untyped family with a `_sum` is one | |
//! | OpenMetrics only: exemplars | cut off in the classic format | [#51] |
//! | an exemplar can be longer than 128 characters, or have bad labels | cut off | |
//! | two guards of one family deadlock | said in [`FamilyExt`](crate::FamilyExt) | [#231], [#300] |
//!
//! [#51]: https://github.com/prometheus/client_rust/issues/51
//! [#56]: https://github.com/prometheus/client_rust/issues/56
//! [#231]: https://github.com/prometheus/client_rust/issues/231
//! [#292]: https://github.com/prometheus/client_rust/issues/292
//! [#300]: https://github.com/prometheus/client_rust/issues/300

mod describe;
mod exemplar;
mod keys;
mod pieces;

use std::fmt;

use prometheus_client::{encoding::text::encode_registry, registry::Registry};

pub(crate) use self::describe::Descriptor;
use self::pieces::{Pieces, Source};
use crate::exposition::{Exposition, Header};

/// Writes the one family of `registry` under `header`.
///
/// # Errors
/// When the family's own encoder fails.
pub(crate) fn encode_family(
    exposition: &mut Exposition<'_>,
    registry: &Registry,
    header: &Header<'_>,
    warn: &mut dyn FnMut(Problem<'_>),
) -> fmt::Result {
    let mut pieces = Pieces::new(exposition, Source::Known(header), warn);
    encode_registry(&mut pieces, registry)?;
    pieces.discard_line();
    Ok(())
}

/// Writes those families of `registry` that `admit` lets in.
///
/// # Errors
/// When a family's own encoder fails: its name.
pub(crate) fn encode_all(
    exposition: &mut Exposition<'_>,
    registry: &Registry,
    admit: &mut dyn FnMut(&Descriptor) -> bool,
    warn: &mut dyn FnMut(Problem<'_>),
) -> Result<(), String> {
    let mut pieces = Pieces::new(exposition, Source::Described(admit), warn);
    encode_registry(&mut pieces, registry).map_err(|fmt::Error| pieces.family())?;
    pieces.discard_line();
    Ok(())
}

/// Why something was left out.
#[derive(Debug)]
pub(crate) enum Problem<'a> {
    /// A family, because of its name.
    Name(&'a str),
    /// A line of the family, because of its labels.
    Labels { family: &'a str, line: &'a str },
}

#[cfg(test)]
mod tests {
    use prometheus_client::metrics::{counter::Counter, family::Family};

    use super::*;
    use crate::exposition::{CHUNK, Format, MetricKind, Sink};

    /// Keeps the chunks apart.
    #[derive(Default)]
    struct Chunks(Vec<String>);

    impl Sink for Chunks {
        fn take(&mut self, chunk: &mut String) {
            self.0.push(std::mem::take(chunk));
        }
    }

    #[test]
    fn a_large_family_is_streamed_in_whole_lines() {
        const SERIES: usize = 5_000;
        let family = Family::<Vec<(&str, String)>, Counter>::default();
        for i in 0..SERIES {
            family.get_or_create(&vec![("path", format!("/{i}"))]).inc();
            // Left out, wherever in a chunk it comes.
            family.get_or_create(&vec![("a b", i.to_string())]).inc();
        }
        let mut registry = Registry::default();
        registry.register("x", "Help", family);

        for known in [true, false] {
            let mut chunks = Chunks::default();
            let mut exposition = Exposition::new(Format::Text, &mut chunks);
            let mut warnings = 0;
            let mut warn = |_: Problem<'_>| warnings += 1;
            if known {
                let header = Header {
                    name: "x",
                    kind: MetricKind::Counter,
                    unit: None,
                    help: "Help",
                };
                encode_family(&mut exposition, &registry, &header, &mut warn)
            } else {
                encode_all(&mut exposition, &registry, &mut |_| true, &mut warn)
                    .map_err(|_| fmt::Error)
            }
            .expect("a counter can be encoded");
            exposition.finish();

            assert_eq!(warnings, SERIES);
            assert!(chunks.0.len() > 1);
            for chunk in &chunks.0 {
                assert!(chunk.ends_with('\n') && chunk.len() < CHUNK + 200);
            }
            let text = chunks.0.concat();
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
    }
}
