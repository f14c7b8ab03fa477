//! From the metrics to the bytes of a scrape: into memory, compressed if asked, off the event loop
//! when there is much of it.

use std::{
    io::{self, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use tokio::sync::oneshot;

use super::rendered::{ChunkWriter, Memory, Rendered, Unsent};
use crate::{
    error::EncodeError,
    exposition::{Format, Sink, Source, open_with},
};

/// Takes an exposition as it is.
struct PlainSink<'s> {
    rendered: Rendered,
    memory: &'s Arc<Memory>,
    pace: Pace,
}

impl Sink for PlainSink<'_> {
    fn take(&mut self, chunk: &mut Vec<u8>) {
        self.rendered.plain_len += chunk.len();
        self.rendered.push(self.memory.send(chunk));
        self.pace.give_way();
    }
}

/// Why there is nothing to send.
#[derive(Debug)]
pub(crate) enum RenderError {
    /// Too many scrapes wait already, to be written or to be taken.
    Busy,
    /// In words for the log.
    Failed(String),
}

impl RenderError {
    fn failed(what: &str) -> Self {
        Self::Failed(what.to_owned())
    }
}

/// Level 1: on an exposition it is some ten times as fast as level 6 and its output is a third
/// larger.
const LEVEL: Compression = Compression::fast();

/// Renders in memory. What a metric's own code does wrong ends here.
fn render(
    source: &dyn Source,
    format: Format,
    gzip: bool,
    memory: &Arc<Memory>,
    pace: Pace,
) -> Result<Rendered, RenderError> {
    if memory.is_full() {
        return Err(RenderError::Busy);
    }
    let write = AssertUnwindSafe(|| -> Result<Rendered, EncodeError> {
        if gzip {
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
        } else {
            let mut sink = PlainSink {
                rendered: Rendered::default(),
                memory,
                pace,
            };
            write(source, format, &mut sink)?;
            Ok(sink.rendered)
        }
    });
    match catch_unwind(write) {
        Ok(Ok(mut rendered)) => {
            rendered.unsent = Unsent::of(&rendered, memory);
            Ok(rendered)
        }
        Ok(Err(error)) => Err(RenderError::Failed(error.to_string())),
        Err(_) => Err(RenderError::failed("a metric's own code panicked")),
    }
}

/// Writes a whole exposition.
pub(crate) fn write(
    source: &dyn Source,
    format: Format,
    sink: &mut dyn Sink,
) -> Result<(), EncodeError> {
    let mut writer = open_with(format, source.options(), sink);
    source.write(&mut *writer)?;
    writer.finish();
    Ok(())
}

struct GzipSink {
    encoder: GzEncoder<ChunkWriter>,
    /// Bytes that went in.
    plain_len: usize,
    pace: Pace,
}

impl Sink for GzipSink {
    fn take(&mut self, chunk: &mut Vec<u8>) {
        // Writing to memory cannot fail.
        let _ = self.encoder.write_all(chunk);
        self.plain_len += chunk.len();
        chunk.clear();
        self.pace.give_way();
    }
}

/// Whether to let workers on after each chunk. Where there are no more processors than those, the
/// system would hold one up for some milliseconds at each scrape.
#[derive(Clone, Copy, Debug)]
enum Pace {
    /// On a worker itself, which is not to wait for others.
    Straight,
    /// Up to this time: with more threads than processors, to give way takes some milliseconds.
    GivesWay(Instant),
}

/// How long a scrape may give way.
const PATIENCE: Duration = Duration::from_millis(250);

impl Pace {
    fn give_way(self) {
        if let Self::GivesWay(until) = self
            && Instant::now() < until
        {
            thread::yield_now();
        }
    }
}

/// Expositions up to this size, in bytes, are rendered where they are asked for: some tenths of a
/// millisecond.
pub(crate) const INLINE: usize = 256 * 1024;
/// How many scrapes may wait for the thread.
const QUEUE: usize = 4;

/// What is known of an exposition before it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    /// Its length in bytes.
    Exactly(usize),
    /// Not even how long it takes: others' code has a say.
    Unknown,
}

struct Job {
    source: Arc<dyn Source>,
    format: Format,
    gzip: bool,
    reply: oneshot::Sender<Result<Rendered, RenderError>>,
}

/// Renders scrapes: the small ones at once, all others on a thread of its own.
///
/// Not on Actix's blocking pool: when that is full of calls to a database that is stuck, the scrape
/// that would show it must still be answered.
#[derive(Debug, Default)]
pub(crate) struct Renderer {
    /// Leads to the thread, once there is one.
    queue: Mutex<Option<SyncSender<Job>>>,
    memory: Arc<Memory>,
}

impl Renderer {
    pub(crate) async fn render(
        &self,
        source: Arc<dyn Source>,
        expected: Expected,
        format: Format,
        gzip: bool,
    ) -> Result<Rendered, RenderError> {
        let queue = if Self::is_small(expected) {
            None
        } else {
            self.queue()
        };
        match queue {
            Some(queue) => render_on_thread(&queue, source, format, gzip).await,
            None => render(&*source, format, gzip, &self.memory, Pace::Straight),
        }
    }

    fn is_small(expected: Expected) -> bool {
        match expected {
            Expected::Exactly(len) => len <= INLINE,
            Expected::Unknown => false,
        }
    }

    /// The queue to the thread, which is started now if it was not. `None` if there is none to be
    /// had, this time.
    fn queue(&self) -> Option<SyncSender<Job>> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.is_none() {
            match start_thread(Arc::clone(&self.memory)) {
                Ok(started) => *queue = Some(started),
                Err(error) => log::warn!("a scrape has to do without a thread of its own: {error}"),
            }
        }
        queue.clone()
    }
}

async fn render_on_thread(
    queue: &SyncSender<Job>,
    source: Arc<dyn Source>,
    format: Format,
    gzip: bool,
) -> Result<Rendered, RenderError> {
    let (reply, answer) = oneshot::channel();
    let job = Job {
        source,
        format,
        gzip,
        reply,
    };
    let lost = || RenderError::failed("its thread has ended");
    queue.try_send(job).map_err(|error| match error {
        TrySendError::Full(_) => RenderError::Busy,
        TrySendError::Disconnected(_) => lost(),
    })?;
    answer.await.unwrap_or_else(|_| Err(lost()))
}

/// Starts the thread, which ends when the last of its queue's senders is dropped.
fn start_thread(memory: Arc<Memory>) -> io::Result<SyncSender<Job>> {
    let (queue, jobs) = sync_channel::<Job>(QUEUE);
    let thread = thread::Builder::new().name("gds-metrics-scrape".to_owned());
    thread.spawn(move || {
        for job in jobs {
            // Whoever asked may have gone.
            if !job.reply.is_closed() {
                let pace = Pace::GivesWay(Instant::now() + PATIENCE);
                let rendered = render(&*job.source, job.format, job.gzip, &memory, pace);
                let _ = job.reply.send(rendered);
            }
        }
    })?;
    Ok(queue)
}

#[cfg(test)]
mod tests {
    use actix_web::rt::System;

    use super::*;
    use crate::exposition::{Line, Writer};

    /// As many bytes as it says, and the name of the thread that they were last written on.
    struct Padding(usize, Mutex<Option<String>>);

    impl Source for Padding {
        fn write(&self, writer: &mut dyn Writer) -> Result<(), EncodeError> {
            // A space and a line break are there in any case.
            if let Some(len) = self.0.checked_sub(2) {
                writer.line(&Line {
                    suffix: &"x".repeat(len),
                    labels: "",
                    value: "",
                    exemplar: None,
                });
            }
            let name = thread::current().name().map(str::to_owned);
            *self.1.lock().expect("no panic under the lock") = name;
            Ok(())
        }
    }

    #[test]
    fn what_is_not_small_and_simple_has_the_thread() {
        for gzip in [false, true] {
            let renderer = Renderer::default();
            for (expected, is, on_the_thread) in [
                (Expected::Exactly(INLINE), 2, false),
                (Expected::Exactly(INLINE + 1), 2, true),
                (Expected::Unknown, 2, true),
                (Expected::Exactly(1), 2, false),
            ] {
                let source = Arc::new(Padding(is, Mutex::default()));
                let answer =
                    renderer.render(Arc::clone(&source) as _, expected, Format::Text, gzip);
                let answer = System::new().block_on(answer).expect("no failure");
                assert_eq!(answer.plain_len, is);
                let name = source.1.lock().expect("no panic under the lock").clone();
                assert_eq!(
                    name.as_deref() == Some("gds-metrics-scrape"),
                    on_the_thread,
                    "{expected:?} {is} {gzip}"
                );
            }
        }
    }
}
