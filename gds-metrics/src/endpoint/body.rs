//! The body of a scrape's answer, which a client loses if it does not read.

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

/// A body whose size is known and whose bytes come in chunks.
///
/// Actix asks a body for more as long as the socket takes it, and a Prometheus nearby takes many
/// megabytes. So after each chunk of a large one it is first the turn of what else the worker has to
/// do. A small one goes at once: Actix, told not to allow half-closed connections, would cut it off.
pub(super) struct Chunks {
    len: u64,
    takes_turns: bool,
    turn: Option<Turn>,
    unread: Arc<Unread>,
    /// Frees what a client does not read: Actix does not poll the body of a connection that takes nothing.
    timer: Option<AbortHandle>,
}

/// Of all that is ready, new requests included.
type Turn = Pin<Box<dyn Future<Output = ()>>>;

impl Chunks {
    /// `patience`: how long the client may take nothing.
    pub(super) fn new(rendered: Rendered, patience: Duration) -> Self {
        let Rendered {
            chunks,
            len,
            unsent,
            ..
        } = rendered;
        // A single chunk is taken at the first poll, whether or not the client reads.
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
            let why = "the client took nothing of the exposition for too long";
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

/// What the client has not taken. Body and timer may be on different threads.
struct Unread(Mutex<Left>);

struct Left {
    chunks: VecDeque<Bytes>,
    /// Less by what is taken.
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

/// Frees what is left when nothing is taken for as long as `patience`.
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
