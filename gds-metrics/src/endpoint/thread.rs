//! The thread that renders scrapes off the event loop, and what happens when a scrape does not
//! return.
//!
//! The thread is not part of Actix's blocking pool: if that pool is full of calls to a stuck
//! database, the scrape that would show this must still be answered.
//!
//! A collector that does not return cannot be stopped. Its thread is left behind, and another
//! thread takes the next scrapes, because a collector that hung once may return the next time.
//! There are never more than [`MAX_THREADS`] threads; while all of them hang, scrapes are refused.

use std::{
    fmt, io, process,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, SendError, Sender},
    },
    thread,
    time::Duration,
};

use actix_web::rt::time::timeout;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{
    memory::{Memory, Rendered},
    pace::Progress,
    render::{RenderError, render},
};
use crate::exposition::{Format, Source};

/// The number of scrapes that a thread may have at once: one that it renders, and the others
/// waiting.
const AT_ONCE: usize = 5;
/// The maximum number of threads, including those that were left behind.
const MAX_THREADS: usize = 4;

/// The thread that renders scrapes, and those that were left behind.
pub(super) struct Threads {
    memory: Arc<Memory>,
    /// How long a scrape may wait, and how long a thread may make no progress.
    deadline: Duration,
    /// The thread that takes scrapes, if there is one.
    current: Mutex<Option<Thread>>,
    /// Shared by all running threads.
    running: Arc<()>,
    /// The family that was logged last.
    named: Mutex<Option<String>>,
}

#[derive(Clone)]
struct Thread {
    /// The process that the thread runs in.
    process: u32,
    jobs: Sender<Job>,
    permits: Arc<Semaphore>,
    progress: Arc<Progress>,
}

struct Job {
    source: Arc<dyn Source>,
    format: Format,
    gzip: bool,
    reply: oneshot::Sender<Result<Rendered, RenderError>>,
    _permit: OwnedSemaphorePermit,
}

impl Threads {
    pub(super) fn new(memory: Arc<Memory>, deadline: Duration) -> Self {
        Self {
            memory,
            deadline,
            current: Mutex::default(),
            running: Arc::default(),
            named: Mutex::default(),
        }
    }

    pub(super) async fn render(
        &self,
        source: Arc<dyn Source>,
        format: Format,
        gzip: bool,
    ) -> Result<Rendered, RenderError> {
        let mut thread = self.current()?;
        let permit = Arc::clone(&thread.permits).try_acquire_owned();
        let (reply, answer) = oneshot::channel();
        let job = Job {
            source,
            format,
            gzip,
            reply,
            _permit: permit.map_err(|_| RenderError::Busy)?,
        };
        if let Err(SendError(job)) = thread.jobs.send(job) {
            // The thread has died.
            thread = self.replace(&thread)?;
            thread.jobs.send(job).map_err(|_| lost())?;
        }
        let progress = Arc::clone(&thread.progress);
        drop(thread);
        match timeout(self.deadline, answer).await {
            Ok(answer) => answer.unwrap_or_else(|_| Err(lost())),
            Err(_) => {
                self.name(&progress.last_family());
                Err(RenderError::Busy)
            }
        }
    }

    /// The thread that takes scrapes. A thread without progress for too long is left behind.
    fn current(&self) -> Result<Thread, RenderError> {
        let current = lock(&self.current).clone();
        match current {
            // A forked child has the memory of its parent, but not its threads.
            Some(thread) if thread.process != process::id() => self.replace(&thread),
            Some(thread) if thread.progress.stands_still_for(self.deadline) => {
                self.name(&thread.progress.last_family());
                self.replace(&thread)
            }
            Some(thread) => Ok(thread),
            None => self.start(None),
        }
    }

    fn replace(&self, old: &Thread) -> Result<Thread, RenderError> {
        self.start(Some(old))
    }

    /// Starts a thread, unless another caller has already done so.
    fn start(&self, old: Option<&Thread>) -> Result<Thread, RenderError> {
        let mut current = lock(&self.current);
        if let Some(other) = &*current
            && old.is_none_or(|old| !Arc::ptr_eq(&old.progress, &other.progress))
        {
            return Ok(other.clone());
        }
        // One reference is held here.
        if Arc::strong_count(&self.running) > MAX_THREADS {
            return Err(RenderError::Busy);
        }
        match Thread::start(Arc::clone(&self.memory), Arc::clone(&self.running)) {
            Ok(started) => {
                *current = Some(started.clone());
                Ok(started)
            }
            Err(error) => Err(RenderError::Failed(format!(
                "its thread cannot be started: {error}"
            ))),
        }
    }

    /// Logs the name of a family, unless it was the last one logged.
    fn name(&self, family: &str) {
        let is_new = {
            let mut named = lock(&self.named);
            let is_new = named.as_deref() != Some(family);
            if is_new {
                *named = Some(family.to_owned());
            }
            is_new
        };
        if is_new {
            let limit = self.deadline;
            if family.is_empty() {
                log::error!(
                    "a scrape takes longer than {limit:?}, before its first family is written"
                );
            } else {
                log::error!(
                    "a scrape takes longer than {limit:?}: the metric family `{family}`, or a collector \
                     after it, does not return; it should only read numbers"
                );
            }
        }
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threads")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

fn lost() -> RenderError {
    RenderError::Failed("its thread has ended".to_owned())
}

impl Thread {
    /// Starts a thread, which ends when the last sender of its queue is dropped.
    fn start(memory: Arc<Memory>, running: Arc<()>) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let progress = Arc::new(Progress::default());
        let at = Arc::clone(&progress);
        let thread = thread::Builder::new().name("gds-metrics-scrape".to_owned());
        thread.spawn(move || {
            for job in queue {
                // The client may have disconnected.
                if !job.reply.is_closed() {
                    at.begin();
                    let rendered = render(&*job.source, job.format, job.gzip, &memory, Some(&at));
                    at.end();
                    let _ = job.reply.send(rendered);
                }
            }
            drop(running);
        })?;
        Ok(Self {
            process: process::id(),
            jobs,
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            progress,
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use actix_web::rt::System;

    use super::*;
    use crate::{
        error::EncodeError,
        exposition::{Cost, Writer},
    };

    struct Nothing;

    impl Source for Nothing {
        fn write(&self, _: &mut dyn Writer) -> Result<(), EncodeError> {
            Ok(())
        }

        fn cost(&self) -> Cost {
            Cost::Foreign
        }
    }

    #[test]
    fn a_thread_that_died_is_started_again() {
        let threads = Threads::new(Arc::default(), Duration::from_secs(10));
        let dead = Thread {
            process: process::id(),
            jobs: mpsc::channel().0,
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            progress: Arc::default(),
        };
        *lock(&threads.current) = Some(dead);
        for _ in 0..2 {
            let rendered = threads.render(Arc::new(Nothing), Format::Text, false);
            System::new().block_on(rendered).expect("no failure");
        }
        assert_eq!(Arc::strong_count(&threads.running), 2);
    }

    /// A forked child has the memory of its parent, but not its threads: nothing in the child
    /// receives what is sent to a thread of the parent.
    #[test]
    fn a_thread_of_another_process_is_left_behind() {
        let threads = Threads::new(Arc::default(), Duration::from_secs(1));
        let (jobs, queue) = mpsc::channel();
        *lock(&threads.current) = Some(Thread {
            process: process::id() + 1,
            jobs,
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            progress: Arc::default(),
        });
        let rendered = threads.render(Arc::new(Nothing), Format::Text, false);
        System::new().block_on(rendered).expect("no failure");
        assert!(queue.try_recv().is_err());
    }
}
