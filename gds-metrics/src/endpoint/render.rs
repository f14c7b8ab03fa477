//! From the metrics to the bytes of a scrape: into memory, compressed if asked.

use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{
    pace::{Pace, Progress},
    rendered::{Memory, Rendered, Unsent},
    writing::write,
};
use crate::{
    error::EncodeError,
    exposition::{Format, Sink, Source, new_chunk},
};

/// Why there is nothing to send.
#[derive(Debug)]
pub(crate) enum RenderError {
    /// Too many scrapes wait already, to be written or to be taken, or this one waited too long.
    Busy,
    /// In words for the log.
    Failed(String),
}

/// Renders in memory. What a metric's own code does wrong ends here.
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

/// Drops what a panic carries, whose own `drop` may panic.
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
        rendered: Rendered::default(),
        pace,
    };
    write(source, format, &mut sink)?;
    Ok(sink.rendered)
}

/// Takes an exposition as it is.
struct PlainSink<'p> {
    rendered: Rendered,
    pace: Pace<'p>,
}

impl Sink for PlainSink<'_> {
    fn take(&mut self, chunk: &mut Vec<u8>) {
        self.rendered.plain_len += chunk.len();
        self.rendered.push(mem::replace(chunk, new_chunk()));
        self.pace.give_way();
    }

    fn family(&mut self, name: &str) {
        self.pace.family(name);
    }
}
