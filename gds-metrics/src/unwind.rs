//! Telling a panic from an end.

use std::mem;

/// Does `work` and, should it panic, calls `panicked` while it unwinds.
///
/// `thread::panicking()` in a `drop` would not do: what watched the work may be dropped long after
/// the unwinding ended, or while another one goes on.
pub(crate) fn watch<T, R>(watcher: &mut T, panicked: fn(&mut T), work: impl FnOnce() -> R) -> R {
    struct OnUnwind<'w, T>(&'w mut T, fn(&mut T));

    impl<T> Drop for OnUnwind<'_, T> {
        fn drop(&mut self) {
            (self.1)(self.0);
        }
    }

    let on_unwind = OnUnwind(watcher, panicked);
    let result = work();
    mem::forget(on_unwind);
    result
}
