//! From the metrics to the bytes of a scrape: into memory, compressed if asked, off the event loop
//! unless there is little of it.

use std::{
    any::Any,
    cell::Cell,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use super::{
    rendered::{Memory, Rendered, Unsent},
    thread::{Progress, Threads},
};
use crate::{
    error::EncodeError,
    exposition::{Cost, Format, Sink, Source, new_chunk, open_with},
};

/// Writes a whole exposition.
///
/// # Errors
/// When a metric's own encoder reports an error, and when it asks for an exposition itself.
pub(crate) fn write(
    source: &dyn Source,
    format: Format,
    sink: &mut dyn Sink,
) -> Result<(), EncodeError> {
    let _writing = Writing::begin()?;
    let mut writer = open_with(format, source.options(), sink);
    source.write(&mut *writer)?;
    writer.finish();
    Ok(())
}

/// This thread writes an exposition. A collector that asked for another one would be asked by that one
/// again, without end.
struct Writing;

thread_local! {
    static WRITING: Cell<bool> = const { Cell::new(false) };
}

impl Writing {
    fn begin() -> Result<Self, EncodeError> {
        if WRITING.replace(true) {
            Err(EncodeError::Nested)
        } else {
            Ok(Self)
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        WRITING.set(false);
    }
}

/// Why there is nothing to send.
#[derive(Debug)]
pub(crate) enum RenderError {
    /// Too many scrapes wait already, to be written or to be taken, or this one waited too long.
    Busy,
    /// In words for the log.
    Failed(String),
}

/// Expositions up to about this size, in bytes, are rendered where they are asked for: some tenths of
/// a millisecond.
pub(super) const INLINE: usize = 256 * 1024;

/// Renders scrapes: small ones of our own code at once, all others on a thread of its own.
#[derive(Debug)]
pub(super) struct Renderer {
    pub(super) memory: Arc<Memory>,
    threads: Threads,
}

impl Renderer {
    /// `deadline`: how long a scrape may wait for a thread.
    pub(super) fn new(deadline: Duration) -> Self {
        let memory = Arc::<Memory>::default();
        Self {
            threads: Threads::new(Arc::clone(&memory), deadline),
            memory,
        }
    }

    pub(super) async fn render(
        &self,
        source: &Arc<dyn Source>,
        format: Format,
        gzip: bool,
    ) -> Result<Rendered, RenderError> {
        match source.cost() {
            Cost::Bytes(bytes) if bytes <= INLINE => {
                render(&**source, format, gzip, &self.memory, None)
            }
            _ => self.threads.render(Arc::clone(source), format, gzip).await,
        }
    }
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
    let pace = Pace {
        progress,
        until: Instant::now() + PATIENCE,
    };
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

/// Whether to let workers on after each chunk. Where there are no more processors than those, the
/// system would hold one up for some milliseconds at each scrape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace<'p> {
    /// Of a thread of its own. A worker is not to wait for others.
    progress: Option<&'p Progress>,
    /// With more threads than processors, to give way takes some milliseconds.
    until: Instant,
}

/// How long a scrape may give way.
const PATIENCE: Duration = Duration::from_millis(250);

impl Pace<'_> {
    pub(super) fn give_way(self) {
        if let Some(progress) = self.progress {
            progress.goes_on();
            if Instant::now() < self.until {
                thread::yield_now();
            }
        }
    }

    pub(super) fn family(self, name: &str) {
        if let Some(progress) = self.progress {
            progress.family(name);
        }
    }
}
