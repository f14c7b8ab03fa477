//! From the metrics to the bytes of a scrape: into memory, compressed if asked, off the event loop
//! when there is much of it.

use std::{
    io::{self, Write as _},
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering::Relaxed},
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use tokio::sync::oneshot;

use crate::{
    EncodeError, Format,
    exposition::{CHUNK, Exposition, Sink, new_chunk},
};

/// Something that can be exposed.
pub(crate) trait Expose: Send + Sync + 'static {
    fn expose(&self, exposition: &mut Exposition<'_>) -> Result<(), EncodeError>;
}

/// A rendered exposition.
#[derive(Debug, Default)]
pub(crate) struct Rendered {
    pub(crate) chunks: Vec<Bytes>,
    pub(crate) len: u64,
    /// Before compression.
    pub(crate) plain_len: usize,
}

impl Rendered {
    fn push(&mut self, chunk: Bytes) {
        // An empty one would have HTTP/2 wait for room that nobody asks for.
        if !chunk.is_empty() {
            self.len += chunk.len() as u64;
            self.chunks.push(chunk);
        }
    }
}

/// How many sent chunks are kept: 64 MiB of them, some 30,000 label sets.
const MAX_SPARE: usize = 64 * 1024 * 1024 / CHUNK;

/// Chunks that were sent, to be written again. With memory that is new each time, most of a scrape's
/// time would go to the system's making it ready.
#[derive(Debug, Default)]
struct Spare(Mutex<Vec<String>>);

impl Spare {
    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A chunk on its way to the client.
struct Sent {
    chunk: String,
    spare: Weak<Spare>,
}

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        self.chunk.as_bytes()
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if let Some(spare) = self.spare.upgrade() {
            let mut chunk = mem::take(&mut self.chunk);
            chunk.clear();
            let mut spare = spare.lock();
            if spare.len() < MAX_SPARE {
                spare.push(chunk);
            }
        }
    }
}

/// Takes an exposition as it is.
struct PlainSink<'s> {
    rendered: Rendered,
    spare: &'s Arc<Spare>,
    pace: Pace,
}

impl Sink for PlainSink<'_> {
    fn take(&mut self, chunk: &mut String) {
        self.rendered.plain_len += chunk.len();
        let next = self.spare.lock().pop().unwrap_or_else(new_chunk);
        self.rendered.push(Bytes::from_owner(Sent {
            chunk: mem::replace(chunk, next),
            spare: Arc::downgrade(self.spare),
        }));
        self.pace.give_way();
    }
}

/// Why there is nothing to send.
#[derive(Debug)]
pub(crate) enum RenderError {
    /// Too many scrapes wait already.
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
    source: &dyn Expose,
    format: Format,
    gzip: bool,
    spare: &Arc<Spare>,
    pace: Pace,
) -> Result<Rendered, RenderError> {
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
                spare,
                pace,
            };
            write(source, format, &mut sink)?;
            Ok(sink.rendered)
        }
    });
    match catch_unwind(write) {
        Ok(Ok(rendered)) => Ok(rendered),
        Ok(Err(error)) => Err(RenderError::Failed(error.to_string())),
        Err(_) => Err(RenderError::failed("a metric's own code panicked")),
    }
}

/// Writes a whole exposition.
pub(crate) fn write(
    source: &dyn Expose,
    format: Format,
    sink: &mut dyn Sink,
) -> Result<(), EncodeError> {
    let mut exposition = Exposition::new(format, sink);
    source.expose(&mut exposition)?;
    exposition.finish();
    Ok(())
}

struct GzipSink {
    encoder: GzEncoder<ChunkWriter>,
    /// Bytes that went in.
    plain_len: usize,
    pace: Pace,
}

impl Sink for GzipSink {
    fn take(&mut self, chunk: &mut String) {
        // Writing to memory cannot fail.
        let _ = self.encoder.write_all(chunk.as_bytes());
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

/// Collects bytes in chunks of one size.
#[derive(Debug, Default)]
struct ChunkWriter {
    rendered: Rendered,
    chunk: Vec<u8>,
}

impl ChunkWriter {
    fn finish(mut self) -> Rendered {
        self.rendered.push(self.chunk.into());
        self.rendered
    }
}

impl io::Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.chunk.len() + bytes.len() > CHUNK && !self.chunk.is_empty() {
            let next = Vec::with_capacity(CHUNK);
            let full = mem::replace(&mut self.chunk, next);
            self.rendered.push(full.into());
        }
        self.chunk.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Expositions up to this size, in bytes, are rendered where they are asked for: some tenths of a
/// millisecond.
pub(crate) const INLINE: usize = 256 * 1024;
/// How many scrapes may wait for the thread.
const QUEUE: usize = 4;

struct Job {
    source: Arc<dyn Expose>,
    format: Format,
    gzip: bool,
    reply: oneshot::Sender<Result<Rendered, RenderError>>,
}

/// Renders scrapes, the large ones on a thread of their own.
///
/// Not on Actix's blocking pool: when that is full of calls to a database that is stuck, the scrape
/// that would show it must still be answered.
#[derive(Debug, Default)]
pub(crate) struct Renderer {
    /// Leads to the thread, once there is one.
    queue: Mutex<Option<SyncSender<Job>>>,
    last_len: AtomicUsize,
    spare: Arc<Spare>,
}

impl Renderer {
    /// Renders `source`, of `expected_len` bytes. Where that is not known, it is taken to be large
    /// the first time, and as large as the time before from then on.
    pub(crate) async fn render(
        &self,
        source: Arc<dyn Expose>,
        expected_len: Option<usize>,
        format: Format,
        gzip: bool,
    ) -> Result<Rendered, RenderError> {
        let large = match (expected_len, self.last_len.load(Relaxed)) {
            (None, 0) => true,
            (expected, last) => expected.max(Some(last)) > Some(INLINE),
        };
        let queue = if large { self.queue() } else { None };
        let result = match queue {
            Some(queue) => render_on_thread(&queue, source, format, gzip).await,
            None => render(&*source, format, gzip, &self.spare, Pace::Straight),
        };
        if let Ok(rendered) = &result {
            self.last_len.store(rendered.plain_len, Relaxed);
        }
        result
    }

    /// The queue to the thread, which is started now if it was not. `None` if there is none to be
    /// had, this time.
    fn queue(&self) -> Option<SyncSender<Job>> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.is_none() {
            match start_thread(Arc::clone(&self.spare)) {
                Ok(started) => *queue = Some(started),
                Err(error) => log::warn!("a scrape has to do without a thread of its own: {error}"),
            }
        }
        queue.clone()
    }
}

async fn render_on_thread(
    queue: &SyncSender<Job>,
    source: Arc<dyn Expose>,
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
fn start_thread(spare: Arc<Spare>) -> io::Result<SyncSender<Job>> {
    let (queue, jobs) = sync_channel::<Job>(QUEUE);
    let thread = thread::Builder::new().name("gds-metrics-scrape".to_owned());
    thread.spawn(move || {
        for job in jobs {
            // Whoever asked may have gone.
            if !job.reply.is_closed() {
                let pace = Pace::GivesWay(Instant::now() + PATIENCE);
                let rendered = render(&*job.source, job.format, job.gzip, &spare, pace);
                let _ = job.reply.send(rendered);
            }
        }
    })?;
    Ok(queue)
}
