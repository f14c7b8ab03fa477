//! The bytes of an exposition, passed to a sink in chunks.
//!
//! A large exposition then never needs one large allocation, and the sink can compress while the exposition is
//! being written.

/// Receives the finished parts of an exposition.
pub(crate) trait Sink {
    /// Takes the contents of `chunk` and leaves it empty.
    fn take(&mut self, chunk: &mut Vec<u8>);

    /// Called at the beginning of each family.
    fn family(&mut self, _name: &str) {}
}

impl Sink for Vec<u8> {
    fn take(&mut self, chunk: &mut Vec<u8>) {
        self.append(chunk);
    }
}

/// The size in bytes at which a chunk is passed on.
pub(crate) const CHUNK: usize = 64 * 1024;
/// Additional capacity for what is written between two checkpoints, so that a chunk is not reallocated at
/// twice its size.
const MARGIN: usize = 8 * 1024;

fn new_chunk() -> Vec<u8> {
    Vec::with_capacity(CHUNK + MARGIN)
}

/// The bytes that have been written and not yet passed on.
pub(super) struct Page<'s> {
    chunk: Vec<u8>,
    sink: &'s mut dyn Sink,
}

impl<'s> Page<'s> {
    pub(super) fn new(sink: &'s mut dyn Sink) -> Self {
        Self {
            chunk: new_chunk(),
            sink,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.chunk.extend_from_slice(bytes);
    }

    /// Appends bytes that may be longer than a chunk.
    pub(super) fn push_pieces(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = CHUNK.saturating_sub(self.chunk.len()).max(1);
            let (piece, rest) = bytes.split_at(room.min(bytes.len()));
            self.push(piece);
            self.checkpoint();
            bytes = rest;
        }
    }

    pub(super) fn chunk(&mut self) -> &mut Vec<u8> {
        &mut self.chunk
    }

    pub(super) fn begin_family(&mut self, name: &str) {
        self.sink.family(name);
    }

    /// Passes the chunk on if it has reached its size.
    pub(super) fn checkpoint(&mut self) {
        if self.chunk.len() >= CHUNK {
            self.sink.take(&mut self.chunk);
        }
    }

    pub(super) fn finish(&mut self) {
        self.sink.take(&mut self.chunk);
    }
}

#[inline]
pub(super) fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}
