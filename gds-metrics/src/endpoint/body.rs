//! The body of a scrape's response. A client that does not read loses it.

use std::{
    collections::VecDeque,
    io, mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use actix_web::{
    body::{BodySize, MessageBody},
    rt::{task::yield_now, time::sleep},
    web::Bytes,
};
use tokio::{runtime::Handle, task::AbortHandle};

use super::{
    memory::{Rendered, Unsent},
    renderer::INLINE,
};

/// A body of known size, sent in chunks.
///
/// Actix polls a body as long as the socket takes its data, and a nearby Prometheus takes many
/// megabytes. So a large body lets the worker's other tasks run after each chunk. A small one does
/// not: if half-closed connections are not allowed, Actix would cut it off.
pub(super) struct Chunks {
    len: u64,
    takes_turns: bool,
    turn: Option<Turn>,
    unread: Arc<Unread>,
    /// Frees the chunks that a client does not read: Actix does not poll the body of a stalled connection.
    timer: Option<AbortHandle>,
}

/// A yield to all other tasks that are ready, including new requests.
type Turn = Pin<Box<dyn Future<Output = ()>>>;

impl Chunks {
    /// `patience`: how long the client may stop reading.
    pub(super) fn new(rendered: Rendered, patience: Duration) -> Self {
        let Rendered {
            chunks,
            len,
            unsent,
            ..
        } = rendered;
        // Actix takes a single chunk at the first poll, whether or not the client reads.
        let stalls = chunks.len() > 1;
        let unread = Arc::new(Unread(Mutex::new(Left {
            chunks: chunks.into(),
            unsent,
            taken: Instant::now(),
            expired: false,
        })));
        let runtime = stalls.then(Handle::try_current).and_then(Result::ok);
        let timer = runtime.map(|runtime| {
            let task = runtime.spawn(expire(Arc::downgrade(&unread), patience));
            task.abort_handle()
        });
        Self {
            len,
            takes_turns: len > INLINE as u64,
            turn: None,
            unread,
            timer,
        }
    }
}

impl MessageBody for Chunks {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.len)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        if let Some(turn) = &mut this.turn {
            ready!(turn.as_mut().poll(cx));
        }
        let mut left = this.unread.lock();
        if left.expired {
            let why = "the client read nothing of the exposition for too long";
            return Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, why))));
        }
        let chunk = left.take();
        this.turn = if this.takes_turns && !left.chunks.is_empty() {
            Some(Box::pin(yield_now()))
        } else {
            None
        };
        Poll::Ready(chunk.map(Ok))
    }
}

impl Drop for Chunks {
    fn drop(&mut self) {
        if let Some(timer) = &self.timer {
            timer.abort();
        }
    }
}

/// The chunks that are left. The body and the timer may be on different threads.
struct Unread(Mutex<Left>);

struct Left {
    chunks: VecDeque<Bytes>,
    /// Shrinks with each chunk that is taken.
    unsent: Unsent,
    /// When the last chunk was taken.
    taken: Instant,
    expired: bool,
}

impl Left {
    fn take(&mut self) -> Option<Bytes> {
        let chunk = self.chunks.pop_front()?;
        self.unsent.sent(&chunk);
        self.taken = Instant::now();
        Some(chunk)
    }
}

impl Unread {
    fn lock(&self) -> MutexGuard<'_, Left> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Frees the chunks that are left when none is taken for `patience`.
async fn expire(unread: Weak<Unread>, patience: Duration) {
    let mut wait = patience;
    loop {
        sleep(wait).await;
        let Some(unread) = unread.upgrade() else {
            return;
        };
        let mut left = unread.lock();
        if left.chunks.is_empty() {
            return;
        }
        wait = patience.saturating_sub(left.taken.elapsed());
        if wait.is_zero() {
            left.expired = true;
            let freed = (mem::take(&mut left.chunks), mem::take(&mut left.unsent));
            drop(left);
            drop(freed);
            return;
        }
    }
}
