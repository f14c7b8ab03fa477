//! Rendered expositions, and a limit on the bytes that clients may leave unread.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use actix_web::web::Bytes;

use crate::exposition::CHUNK;

#[derive(Debug, Default)]
pub(crate) struct Rendered {
    pub(crate) chunks: Vec<Bytes>,
    pub(crate) len: u64,
    /// Before compression.
    pub(crate) plain_len: usize,
    /// Lives as long as the chunks.
    pub(crate) unsent: Unsent,
}

impl Rendered {
    pub(crate) fn push(&mut self, chunk: Vec<u8>) {
        // With an empty chunk, HTTP/2 would wait for capacity that was never requested.
        if !chunk.is_empty() {
            self.len += chunk.len() as u64;
            self.chunks.push(chunk.into());
        }
    }
}

/// How much may wait for clients before further scrapes are refused, in bytes. Without a limit, a client
/// that never reads could hold an exposition for each of its connections.
const MAX_UNSENT: usize = 128 * 1024 * 1024;

/// The memory of all expositions that clients have not read.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// In bytes.
    unsent: AtomicUsize,
}

impl Memory {
    /// Whether the limit is reached.
    pub(crate) fn is_full(&self) -> bool {
        self.unsent.load(Relaxed) >= MAX_UNSENT
    }
}

/// One exposition's share of the unsent bytes.
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

    /// Releases the memory of a chunk that is sent.
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

/// The memory that a chunk takes: a whole block, even if it is not full. A long line takes more.
fn room(chunk: &Bytes) -> usize {
    chunk.len().max(CHUNK)
}
