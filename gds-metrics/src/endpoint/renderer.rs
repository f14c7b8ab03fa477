//! Chooses where a scrape is rendered: on the worker, or off the event loop.

use std::{sync::Arc, time::Duration};

use super::{
    memory::{Memory, Rendered},
    render::{RenderError, render},
    thread::Threads,
};
use crate::exposition::{Cost, Format, Source};

/// Expositions up to about this size, in bytes, are rendered on the worker, in some tenths of a
/// millisecond.
pub(super) const INLINE: usize = 256 * 1024;

/// Renders small scrapes that run only our own code on the worker, and all others on a separate
/// thread.
#[derive(Debug)]
pub(super) struct Renderer {
    pub(super) memory: Arc<Memory>,
    threads: Threads,
}

impl Renderer {
    /// `deadline`: how long a scrape may wait for a thread.
    pub(super) fn new(deadline: Duration) -> Self {
        let memory = Arc::<Memory>::default();
        Self {
            threads: Threads::new(Arc::clone(&memory), deadline),
            memory,
        }
    }

    pub(super) async fn render(
        &self,
        source: &Arc<dyn Source>,
        format: Format,
        gzip: bool,
    ) -> Result<Rendered, RenderError> {
        match source.cost() {
            Cost::Bytes(bytes) if bytes <= INLINE => {
                render(&**source, format, gzip, &self.memory, None)
            }
            _ => self.threads.render(Arc::clone(source), format, gzip).await,
        }
    }
}
