//! Renders an exposition into memory, compressed if requested.

use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{
    memory::{Memory, Rendered, Unsent},
    pace::{Pace, Progress},
    writing::write,
};
use crate::{
    error::EncodeError,
    exposition::{CHUNK, Format, Sink, Source},
};

/// Why there is no exposition to send.
#[derive(Debug)]
pub(crate) enum RenderError {
    /// Too many scrapes are waiting to be rendered or read, or this one waited too long.
    Busy,
    /// The cause, for the log.
    Failed(String),
}

/// Renders into memory. Errors and panics of the application's code end here.
pub(super) fn render(
    source: &dyn Source,
    format: Format,
    gzip: bool,
    memory: &Arc<Memory>,
    progress: Option<&Progress>,
) -> Result<Rendered, RenderError> {
    if memory.is_full() {
        return Err(RenderError::Busy);
    }
    let pace = Pace::new(progress);
    let write = AssertUnwindSafe(|| match gzip {
        #[cfg(feature = "gzip")]
        true => super::gzip::render(source, format, pace),
        _ => render_plain(source, format, pace),
    });
    match catch_unwind(write) {
        Ok(Ok(mut rendered)) => {
            rendered.unsent = Unsent::of(&rendered, memory);
            Ok(rendered)
        }
        Ok(Err(error)) => Err(RenderError::Failed(error.to_string())),
        Err(payload) => {
            drop_payload(payload);
            let what = "a metric's own code panicked";
            Err(RenderError::Failed(what.to_owned()))
        }
    }
}

/// Drops a panic's payload, whose own `drop` may panic.
fn drop_payload(payload: Box<dyn Any + Send>) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(payload);
    }
}

fn render_plain(
    source: &dyn Source,
    format: Format,
    pace: Pace<'_>,
) -> Result<Rendered, EncodeError> {
    let mut sink = PlainSink {
        blocks: Blocks {
            rendered: Rendered::default(),
            block: Vec::with_capacity(CHUNK),
        },
        pace,
    };
    write(source, format, &mut sink)?;
    let Blocks {
        mut rendered,
        block,
    } = sink.blocks;
    rendered.push(block.into_boxed_slice().into());
    Ok(rendered)
}

/// Collects an exposition without compression.
struct PlainSink<'p> {
    blocks: Blocks,
    pace: Pace<'p>,
}

/// An exposition in blocks that are full to the last byte.
///
/// A partly filled block needs a small allocation beside it when it becomes `Bytes`. glibc's
/// allocator returns memory from the end of its heap only, and threads keep a few such allocations.
/// These would keep all of a large exposition resident after it is sent.
struct Blocks {
    rendered: Rendered,
    block: Vec<u8>,
}

impl Blocks {
    fn push(&mut self, bytes: &[u8]) {
        self.rendered.plain_len += bytes.len();
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = CHUNK - self.block.len();
            let (part, after) = rest.split_at(room.min(rest.len()));
            self.block.extend_from_slice(part);
            rest = after;
            if self.block.len() == CHUNK {
                let next = Vec::with_capacity(CHUNK);
                self.rendered.push(mem::replace(&mut self.block, next));
            }
        }
    }
}

impl Sink for PlainSink<'_> {
    fn take(&mut self, chunk: &mut Vec<u8>) {
        self.blocks.push(chunk);
        chunk.clear();
        self.pace.give_way();
    }

    fn family(&mut self, name: &str) {
        self.pace.family(name);
    }
}
