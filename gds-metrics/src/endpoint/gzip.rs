//! Compresses an exposition while it is written.

use std::{
    io::{self, Write as _},
    mem,
};

use flate2::{Compression, write::GzEncoder};

use super::{memory::Rendered, pace::Pace, writing::write};
use crate::{
    error::EncodeError,
    exposition::{CHUNK, Format, Sink, Source},
};

/// Level 1: on an exposition it is about ten times as fast as level 6, and its output is a third
/// larger.
const LEVEL: Compression = Compression::fast();

pub(super) fn render(
    source: &dyn Source,
    format: Format,
    pace: Pace<'_>,
) -> Result<Rendered, EncodeError> {
    let mut sink = GzipSink {
        encoder: GzEncoder::new(ChunkWriter::default(), LEVEL),
        plain_len: 0,
        pace,
    };
    write(source, format, &mut sink)?;
    // Writing to memory cannot fail.
    let mut rendered = sink.encoder.finish().unwrap_or_default().finish();
    rendered.plain_len = sink.plain_len;
    Ok(rendered)
}

struct GzipSink<'p> {
    encoder: GzEncoder<ChunkWriter>,
    /// Bytes before compression.
    plain_len: usize,
    pace: Pace<'p>,
}

impl Sink for GzipSink<'_> {
    fn take(&mut self, chunk: &mut Vec<u8>) {
        // Writing to memory cannot fail.
        let _ = self.encoder.write_all(chunk);
        self.plain_len += chunk.len();
        chunk.clear();
        self.pace.give_way();
    }

    fn family(&mut self, name: &str) {
        self.pace.family(name);
    }
}

/// Collects bytes in chunks of one size.
#[derive(Debug, Default)]
struct ChunkWriter {
    rendered: Rendered,
    chunk: Vec<u8>,
}

impl ChunkWriter {
    fn finish(mut self) -> Rendered {
        self.rendered.push(self.chunk);
        self.rendered
    }
}

impl io::Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.chunk.len() + bytes.len() > CHUNK && !self.chunk.is_empty() {
            let next = Vec::with_capacity(CHUNK);
            self.rendered.push(mem::replace(&mut self.chunk, next));
        }
        self.chunk.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_are_collected_in_chunks() {
        for (pieces, expected) in [
            (&[][..], &[][..]),
            (&[1, 2], &[3]),
            (&[CHUNK - 1, 1], &[CHUNK]),
            (&[CHUNK - 1, 2, 3], &[CHUNK - 1, 5]),
            // A larger piece is not cut.
            (&[CHUNK + 1, 1], &[CHUNK + 1, 1]),
        ] {
            let mut writer = ChunkWriter::default();
            for len in pieces {
                let written = writer.write(&vec![b'x'; *len]).expect("memory");
                assert_eq!(written, *len);
            }
            let rendered = writer.finish();
            let lens: Vec<usize> = rendered
                .chunks
                .iter()
                .map(actix_web::web::Bytes::len)
                .collect();
            assert_eq!(lens, expected);
            assert_eq!(rendered.len, pieces.iter().sum::<usize>() as u64);
        }
    }
}
