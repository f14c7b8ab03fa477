//! Distinguishes a panic from a normal end.

use std::mem;

/// A guard on the stack that calls `panicked` if the stack is unwound.
///
/// `thread::panicking()` in the watcher's own `drop` is not sufficient: the watcher may be dropped
/// long after the unwinding ended, or during the unwinding of another panic.
#[must_use = "dropped at once, it takes that for a panic"]
pub(crate) struct OnUnwind<'w, W> {
    watcher: &'w mut W,
    panicked: fn(&mut W),
}

impl<'w, W> OnUnwind<'w, W> {
    #[inline]
    pub(crate) fn new(watcher: &'w mut W, panicked: fn(&mut W)) -> Self {
        Self { watcher, panicked }
    }

    /// Ends the guard: there was no panic.
    #[inline]
    pub(crate) fn disarm(self) {
        mem::forget(self);
    }
}

impl<W> Drop for OnUnwind<'_, W> {
    #[cold]
    fn drop(&mut self) {
        (self.panicked)(self.watcher);
    }
}
