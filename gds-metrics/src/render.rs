//! From the metrics to the bytes of a scrape: into memory, compressed if asked, off the event loop
//! when there is much of it.

use std::{
    io::{self, Write as _},
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread,
};

use actix_web::web::Bytes;
use flate2::{Compression, write::GzEncoder};
use tokio::sync::oneshot;

use crate::{
    EncodeError, Format,
    exposition::{CHUNK, Exposition, Sink},
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
    fn push(&mut self, chunk: Vec<u8>) {
        self.len += chunk.len() as u64;
        self.chunks.push(chunk.into());
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
pub(crate) fn render(
    source: &dyn Expose,
    format: Format,
    gzip: bool,
) -> Result<Rendered, RenderError> {
    let write = AssertUnwindSafe(|| -> Result<Rendered, EncodeError> {
        if gzip {
            let mut sink = GzipSink(GzEncoder::new(ChunkWriter::default(), LEVEL), 0);
            write(source, format, &mut sink)?;
            let GzipSink(encoder, plain_len) = sink;
            // Writing to memory cannot fail.
            let mut rendered = encoder.finish().unwrap_or_default().finish();
            rendered.plain_len = plain_len;
            Ok(rendered)
        } else {
            let mut sink = Rendered::default();
            write(source, format, &mut sink)?;
            Ok(sink)
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

impl Sink for Rendered {
    fn take(&mut self, chunk: &mut String) {
        self.plain_len += chunk.len();
        let next = String::with_capacity(chunk.capacity());
        self.push(mem::replace(chunk, next).into_bytes());
    }
}

struct GzipSink(GzEncoder<ChunkWriter>, usize);

impl Sink for GzipSink {
    fn take(&mut self, chunk: &mut String) {
        // Writing to memory cannot fail.
        let _ = self.0.write_all(chunk.as_bytes());
        self.1 += chunk.len();
        chunk.clear();
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

/// Expositions up to this size, in bytes, are rendered where they are asked for: some tenths of a
/// millisecond.
const INLINE: usize = 256 * 1024;
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
    queue: OnceLock<Option<SyncSender<Job>>>,
    last_len: AtomicUsize,
}

impl Renderer {
    /// Renders `source`, of which `expected_len` bytes are known of.
    pub(crate) async fn render(
        &self,
        source: Arc<dyn Expose>,
        expected_len: usize,
        format: Format,
        gzip: bool,
    ) -> Result<Rendered, RenderError> {
        let result = if expected_len.max(self.last_len.load(Relaxed)) <= INLINE {
            render(&*source, format, gzip)
        } else {
            self.render_on_thread(source, format, gzip).await
        };
        if let Ok(rendered) = &result {
            self.last_len.store(rendered.plain_len, Relaxed);
        }
        result
    }

    async fn render_on_thread(
        &self,
        source: Arc<dyn Expose>,
        format: Format,
        gzip: bool,
    ) -> Result<Rendered, RenderError> {
        let queue = self.queue.get_or_init(start_thread);
        let queue = queue.as_ref().ok_or_else(no_thread)?;
        let (reply, answer) = oneshot::channel();
        let job = Job {
            source,
            format,
            gzip,
            reply,
        };
        queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => RenderError::Busy,
            TrySendError::Disconnected(_) => no_thread(),
        })?;
        answer.await.unwrap_or_else(|_| Err(no_thread()))
    }
}

fn no_thread() -> RenderError {
    RenderError::failed("there is no thread for it")
}

/// Starts the thread, which ends when the renderer is dropped.
fn start_thread() -> Option<SyncSender<Job>> {
    let (queue, jobs) = sync_channel::<Job>(QUEUE);
    let thread = thread::Builder::new().name("gds-metrics-scrape".to_owned());
    let spawned = thread.spawn(move || {
        for job in jobs {
            // Whoever asked may have gone.
            if !job.reply.is_closed() {
                let _ = job.reply.send(render(&*job.source, job.format, job.gzip));
            }
        }
    });
    match spawned {
        Ok(_) => Some(queue),
        Err(error) => {
            log::error!("there is no thread for scrapes: {error}");
            None
        }
    }
}
