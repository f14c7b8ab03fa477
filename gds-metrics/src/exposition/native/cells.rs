//! The counts of one series' cells, in chunks that are allocated on the first write.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// The number of cells in a chunk. The observations of a series rarely need more than two or three chunks.
const CHUNK: usize = 32;

/// Aligned to cache lines, so that threads that count in different chunks do not share a line.
#[derive(Debug)]
#[repr(align(64))]
struct Chunk([AtomicU64; CHUNK]);

/// The counts of all cells. Each chunk takes 16 bytes until its first write.
#[derive(Debug)]
pub(crate) struct Cells(Box<[OnceLock<Box<Chunk>>]>);

impl Cells {
    pub(crate) fn new(cells: usize) -> Self {
        let chunks = cells.div_ceil(CHUNK);
        Self((0..chunks).map(|_| OnceLock::new()).collect())
    }

    /// Adds one, if only the current thread counts here. It avoids an atomic addition, which would make other
    /// threads wait.
    pub(crate) fn count(&self, cell: usize) {
        if let Some(cell) = self.cell(cell) {
            cell.store(cell.load(Relaxed).wrapping_add(1), Relaxed);
        }
    }

    /// Adds one, while other threads may count here as well.
    pub(crate) fn count_shared(&self, cell: usize) {
        if let Some(cell) = self.cell(cell) {
            cell.fetch_add(1, Relaxed);
        }
    }

    /// Adds the count of each cell to the same place in `sums`.
    pub(crate) fn add_to(&self, sums: &mut [u64]) {
        for (chunk, sums) in self.0.iter().zip(sums.chunks_mut(CHUNK)) {
            if let Some(chunk) = chunk.get() {
                for (cell, sum) in chunk.0.iter().zip(sums) {
                    *sum = sum.wrapping_add(cell.load(Relaxed));
                }
            }
        }
    }

    fn cell(&self, cell: usize) -> Option<&AtomicU64> {
        let chunk = self.0.get(cell / CHUNK)?;
        let chunk = chunk.get_or_init(|| Box::new(Chunk([const { AtomicU64::new(0) }; CHUNK])));
        chunk.0.get(cell % CHUNK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_allocated_on_the_first_write() {
        let cells = Cells::new(253);
        assert_eq!(cells.0.len(), 8);
        cells.count(40);
        cells.count(40);
        cells.count_shared(252);
        cells.count(300);
        let made = cells.0.iter().filter(|chunk| chunk.get().is_some());
        assert_eq!(made.count(), 2);

        let mut sums = [1; 253];
        cells.add_to(&mut sums);
        let total: u64 = sums.iter().sum();
        assert_eq!((sums[40], sums[252], total), (3, 2, 253 + 3));
    }
}
