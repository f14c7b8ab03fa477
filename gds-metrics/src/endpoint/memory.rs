//! A rendered exposition, and how much of that clients may leave unread.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use actix_web::web::Bytes;

use crate::exposition::CHUNK;

/// A rendered exposition.
#[derive(Debug, Default)]
pub(crate) struct Rendered {
    pub(crate) chunks: Vec<Bytes>,
    pub(crate) len: u64,
    /// Before compression.
    pub(crate) plain_len: usize,
    /// To be kept as long as the chunks.
    pub(crate) unsent: Unsent,
}

impl Rendered {
    pub(crate) fn push(&mut self, chunk: Vec<u8>) {
        // An empty one would have HTTP/2 wait for room that nobody asks for.
        if !chunk.is_empty() {
            self.len += chunk.len() as u64;
            self.chunks.push(chunk.into());
        }
    }
}

/// How much may wait for clients to take it before further scrapes are sent away. A client that asks
/// and never reads would otherwise hold an exposition for each of its connections.
const MAX_UNSENT: usize = 128 * 1024 * 1024;

/// The memory of all expositions that wait for clients.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// In bytes.
    unsent: AtomicUsize,
}

impl Memory {
    /// Whether too much waits for clients.
    pub(crate) fn is_full(&self) -> bool {
        self.unsent.load(Relaxed) >= MAX_UNSENT
    }
}

/// An exposition's share of what is not sent.
#[derive(Debug, Default)]
pub(crate) struct Unsent {
    memory: Weak<Memory>,
    bytes: usize,
}

impl Unsent {
    pub(crate) fn of(rendered: &Rendered, memory: &Arc<Memory>) -> Self {
        let bytes = rendered.chunks.iter().map(room).sum();
        memory.unsent.fetch_add(bytes, Relaxed);
        Self {
            memory: Arc::downgrade(memory),
            bytes,
        }
    }

    /// One of its chunks is on its way.
    pub(crate) fn sent(&mut self, chunk: &Bytes) {
        self.release(room(chunk));
    }

    fn release(&mut self, bytes: usize) {
        if let Some(memory) = self.memory.upgrade() {
            memory.unsent.fetch_sub(bytes, Relaxed);
        }
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        self.release(self.bytes);
    }
}

/// What a chunk takes: all of its room, however little is in it. A long line makes it longer.
fn room(chunk: &Bytes) -> usize {
    chunk.len().max(CHUNK)
}
