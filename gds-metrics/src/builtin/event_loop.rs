//! The delay of the workers' timers: `gds_metrics_event_loop_delay_seconds`.
//!
//! While a task blocks a worker, everything else on that worker waits, including its timer.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use actix_web::rt::time::{Instant, sleep_until};
use tokio::{runtime::Handle, task::JoinHandle};

use crate::exposition::{Bounds, Header, Histogram, MetricKind, Number, Writer};

/// The family written here, if it is switched on.
pub(super) const FAMILY: Header<'_> = Header {
    name: "gds_metrics_event_loop_delay_seconds",
    kind: MetricKind::Histogram,
    unit: Some("seconds"),
    help: "How late a worker's timer fired, due twice a second",
};

const TICK: Duration = Duration::from_millis(500);

/// On an idle thread, timers are up to a millisecond late.
const BOUNDS: [f64; 12] = [
    0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// The delays of the timers on all threads.
#[derive(Debug, Default)]
pub(crate) struct EventLoopDelay {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    nanos: AtomicU64,
    told: AtomicBool,
}

impl EventLoopDelay {
    /// Measures on this thread until the last clone of the returned timer is dropped.
    pub(crate) fn measure(self: &Arc<Self>) -> Option<Rc<Timer>> {
        thread_local! {
            static TIMERS: RefCell<Vec<Weak<Timer>>> = const { RefCell::new(Vec::new()) };
        }
        let running = TIMERS.with_borrow_mut(|timers| {
            timers.retain(|timer| timer.strong_count() > 0);
            let mut running = timers.iter().filter_map(Weak::upgrade);
            running.find(|timer| Arc::ptr_eq(&timer.delay, self))
        });
        if running.is_some() {
            return running;
        }
        // No borrow is active here, because this call may log, and a logger may create an app.
        let timer = Rc::new(self.start()?);
        TIMERS.with_borrow_mut(|timers| timers.push(Rc::downgrade(&timer)));
        Some(timer)
    }

    fn start(self: &Arc<Self>) -> Option<Timer> {
        let Ok(runtime) = Handle::try_current() else {
            if !self.told.swap(true, Relaxed) {
                log::warn!(
                    "an app is created outside an async runtime: `.event_loop_delay(true)` does not \
                     measure its thread"
                );
            }
            return None;
        };
        Some(Timer {
            delay: Arc::clone(self),
            task: runtime.spawn(tick(Arc::clone(self), Instant::now())),
        })
    }

    fn record(&self, delay: Duration) {
        let seconds = delay.as_secs_f64();
        let bucket = BOUNDS.partition_point(|&bound| bound < seconds);
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(1, Relaxed);
        }
        let nanos = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
        self.nanos.fetch_add(nanos, Relaxed);
    }

    pub(super) fn write(&self, writer: &mut dyn Writer) {
        let buckets = self.buckets.each_ref().map(|bucket| bucket.load(Relaxed));
        let histogram = Histogram {
            bounds: &Bounds::new(BOUNDS),
            buckets: &buckets,
            sum: Number::Nanos(self.nanos.load(Relaxed)),
            native: None,
            start: None,
            exemplars: &[],
        };
        writer.family(&FAMILY);
        writer.histogram("", &histogram);
    }
}

/// The timer of a thread. It stops when it is dropped.
#[derive(Debug)]
pub(crate) struct Timer {
    delay: Arc<EventLoopDelay>,
    task: JoinHandle<()>,
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts at `due`, the time when the timer was created: its thread may be blocked before the first poll.
async fn tick(delay: Arc<EventLoopDelay>, mut due: Instant) {
    loop {
        due += TICK;
        sleep_until(due).await;
        let now = Instant::now();
        // A thread that was blocked for several ticks delayed each of them. Each is counted, because otherwise
        // the longest delays would have the least weight.
        delay.record(now - due);
        while due + TICK <= now {
            due += TICK;
            delay.record(now - due);
        }
    }
}
