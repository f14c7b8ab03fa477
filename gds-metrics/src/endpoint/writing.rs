//! Writes expositions, one at a time on each thread.

use std::cell::Cell;

use crate::{
    error::EncodeError,
    exposition::{Format, Sink, Source, open_with},
};

/// Writes a whole exposition.
///
/// # Errors
/// When a metric's own encoder reports an error, and when it asks for an exposition itself.
pub(crate) fn write(
    source: &dyn Source,
    format: Format,
    sink: &mut dyn Sink,
) -> Result<(), EncodeError> {
    let _writing = Writing::begin()?;
    let mut writer = open_with(format, source.options(), sink);
    source.write(&mut *writer)?;
    writer.finish();
    Ok(())
}

/// Marks that this thread writes an exposition. A collector that asked for another exposition would be
/// called by that one again, without end.
struct Writing;

thread_local! {
    static WRITING: Cell<bool> = const { Cell::new(false) };
}

impl Writing {
    fn begin() -> Result<Self, EncodeError> {
        if WRITING.replace(true) {
            Err(EncodeError::Nested)
        } else {
            Ok(Self)
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        WRITING.set(false);
    }
}
