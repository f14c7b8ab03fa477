//! What a rendered exposition lies in, and how much of that there may be.

use std::{
    io, mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use bytes::Bytes;

use crate::exposition::{CHUNK, new_chunk};

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
    pub(crate) fn push(&mut self, chunk: Bytes) {
        // An empty one would have HTTP/2 wait for room that nobody asks for.
        if !chunk.is_empty() {
            self.len += chunk.len() as u64;
            self.chunks.push(chunk);
        }
    }
}

/// How much may wait for clients to take it before further scrapes are sent away. A client that asks
/// and never reads would otherwise hold an exposition for each of its connections.
const MAX_UNSENT: usize = 128 * 1024 * 1024;
/// How many sent chunks are kept: 64 MiB of them, some 30,000 label sets.
const MAX_SPARE: usize = 64 * 1024 * 1024 / CHUNK;

/// What expositions lie in.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Chunks that were sent, to be written again. With memory that is new each time, most of a
    /// scrape's time would go to the system's making it ready.
    spare: Mutex<Vec<Vec<u8>>>,
    /// Bytes of those that are not sent yet.
    unsent: AtomicUsize,
}

impl Memory {
    /// Whether too much waits for clients.
    pub(crate) fn is_full(&self) -> bool {
        self.unsent.load(Relaxed) >= MAX_UNSENT
    }

    /// The chunk as it is sent. Leaves an empty one.
    pub(crate) fn send(self: &Arc<Self>, chunk: &mut Vec<u8>) -> Bytes {
        let next = self.spare().pop().unwrap_or_else(new_chunk);
        Bytes::from_owner(Sent {
            chunk: mem::replace(chunk, next),
            memory: Arc::downgrade(self),
        })
    }

    fn spare(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
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

/// A chunk on its way to the client.
struct Sent {
    chunk: Vec<u8>,
    memory: Weak<Memory>,
}

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        &self.chunk
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if let Some(memory) = self.memory.upgrade() {
            let mut chunk = mem::take(&mut self.chunk);
            chunk.clear();
            let mut spare = memory.spare();
            // A long line made it longer: it goes.
            if spare.len() < MAX_SPARE && chunk.capacity() <= 2 * CHUNK {
                spare.push(chunk);
            }
        }
    }
}

/// Collects bytes in chunks of one size.
#[derive(Debug, Default)]
pub(crate) struct ChunkWriter {
    rendered: Rendered,
    chunk: Vec<u8>,
}

impl ChunkWriter {
    pub(crate) fn finish(mut self) -> Rendered {
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

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn chunks_that_were_sent_are_written_again() {
        let memory = Arc::new(Memory::default());
        let mut chunk = new_chunk();
        chunk.push(b'x');
        let at = chunk.as_ptr();
        drop(memory.send(&mut chunk));
        assert_eq!(memory.spare().len(), 1);
        drop(memory.send(&mut chunk));
        assert_eq!((chunk.as_ptr(), chunk.len()), (at, 0));
    }

    #[test]
    fn no_more_is_kept_than_said() {
        let memory = Arc::new(Memory::default());
        let mut long = Vec::with_capacity(3 * CHUNK);
        drop(memory.send(&mut long));
        assert_eq!(memory.spare().len(), 0);
        let sent: Vec<Bytes> = (0..=MAX_SPARE)
            .map(|_| memory.send(&mut new_chunk()))
            .collect();
        drop(sent);
        assert_eq!(MAX_SPARE, 1024);
        assert_eq!(memory.spare().len(), MAX_SPARE);
    }

    #[test]
    fn what_is_written_comes_in_chunks() {
        for (pieces, expected) in [
            (&[][..], &[][..]),
            (&[1, 2], &[3]),
            (&[CHUNK - 1, 1], &[CHUNK]),
            (&[CHUNK - 1, 2, 3], &[CHUNK - 1, 5]),
            // One that is larger is not cut.
            (&[CHUNK + 1, 1], &[CHUNK + 1, 1]),
        ] {
            let mut writer = ChunkWriter::default();
            for len in pieces {
                let written = writer.write(&vec![b'x'; *len]).expect("memory");
                assert_eq!(written, *len);
            }
            let rendered = writer.finish();
            let lens: Vec<usize> = rendered.chunks.iter().map(Bytes::len).collect();
            assert_eq!(lens, expected);
            assert_eq!(rendered.len, pieces.iter().sum::<usize>() as u64);
        }
    }
}
