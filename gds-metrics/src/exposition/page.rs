//! The bytes of an exposition, which go to a sink chunk by chunk.
//!
//! A large exposition never needs one large piece of memory, and compression can follow while it is
//! being written.

/// Takes the finished parts of an exposition.
pub(crate) trait Sink {
    /// Takes what `chunk` holds and leaves it empty.
    fn take(&mut self, chunk: &mut Vec<u8>);

    /// Notes that a family begins.
    fn family(&mut self, _name: &str) {}
}

impl Sink for Vec<u8> {
    fn take(&mut self, chunk: &mut Vec<u8>) {
        self.append(chunk);
    }
}

/// A chunk is handed on when it has reached this size, in bytes.
pub(crate) const CHUNK: usize = 64 * 1024;
/// Room beyond that for what is written between two checkpoints, so that a chunk need not grow,
/// which would double it.
const MARGIN: usize = 8 * 1024;

/// An empty chunk.
fn new_chunk() -> Vec<u8> {
    Vec::with_capacity(CHUNK + MARGIN)
}

/// What has been written and not been handed on.
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

    /// Appends what may be longer than a chunk.
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

    /// Hands the chunk on if it has become large.
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
