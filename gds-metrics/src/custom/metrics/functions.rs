//! Metrics whose values are read from a function at each scrape.

use std::{
    fmt, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, PoisonError, RwLock},
};

use crate::{
    custom::metric::{Exposed, Metric, NamedMetric, NoLabels, Options, sealed},
    exposition::{MetricKind, Number, Timestamp, Writer},
};

/// The function, and the options of its metric.
struct Asked {
    options: Options,
    start: Timestamp,
    function: RwLock<Option<Function>>,
}

type Function = Arc<dyn Fn() -> f64 + Send + Sync>;

impl Asked {
    fn new(options: Options) -> Self {
        Self {
            options,
            start: Timestamp::now(),
            function: RwLock::new(None),
        }
    }

    fn set(&self, function: Option<Function>) {
        let before = {
            let place = self.function.write();
            mem::replace(
                &mut *place.unwrap_or_else(PoisonError::into_inner),
                function,
            )
        };
        // Dropped after the lock is released, because it may run the application's code.
        drop(before);
    }

    /// Removes `function`, unless another one was set meanwhile.
    fn unset(&self, function: &Function) {
        let place = self.function.write();
        let mut place = place.unwrap_or_else(PoisonError::into_inner);
        // The caller still holds it, so this drops nothing under the lock.
        place.take_if(|current| Arc::ptr_eq(current, function));
    }

    fn get(&self) -> Option<Function> {
        let place = self.function.read();
        place.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Calls the function. A function that panics is not called again.
    fn ask(&self) -> Option<f64> {
        let function = self.get()?;
        match catch_unwind(AssertUnwindSafe(|| function())) {
            Ok(value) => Some(value),
            Err(payload) => {
                // Dropping the payload could panic again.
                mem::forget(payload);
                self.unset(&function);
                log::error!(
                    "the function of the metric `{}` panicked: it is not called again, and the exposition \
                     omits the metric until `set_fn` is called",
                    self.options.name
                );
                None
            }
        }
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked")
            .field("name", &self.options.name)
            .field("is_set", &self.get().is_some())
            .finish_non_exhaustive()
    }
}

macro_rules! asked {
    ($(#[$doc:meta])* $name:ident, $kind:expr, $start:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            asked: Arc<Asked>,
        }

        impl $name {
            /// Sets the function that returns the value, and replaces the previous one. Default: no function,
            /// and no sample.
            ///
            /// Each scrape calls the function, on a thread of this crate and never on a worker.
            /// [`encode`](crate::GdsMetrics::encode) calls the function on the thread of its caller. No lock of this
            /// crate is held during the call. If the function panics, an error is logged, the function is not called
            /// again, and there is no sample until the next `set_fn`.
            pub fn set_fn(&self, function: impl Fn() -> f64 + Send + Sync + 'static) {
                self.asked.set(Some(Arc::new(function)));
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    asked: Arc::new(Asked::new(Options::default())),
                }
            }
        }

        impl Metric for $name {
            const KIND: MetricKind = $kind;
        }

        impl NamedMetric for $name {}

        impl sealed::Metric for $name {
            type Labels = NoLabels;

            fn make(options: &Options) -> Self {
                Self {
                    asked: Arc::new(Asked::new(options.clone())),
                }
            }

            fn exposed(&self, _: &Options) -> Box<dyn Exposed> {
                Box::new(self.clone())
            }
        }

        impl Exposed for $name {
            fn write(&self, writer: &mut dyn Writer) {
                if let Some(value) = self.asked.ask() {
                    let labels = &self.asked.options.constant_labels;
                    writer.sample(labels, Number::Float(value), $start(self.asked.start));
                }
            }

            fn is_foreign(&self) -> bool {
                true
            }
        }
    };
}

asked!(
    /// A gauge whose value comes from a function, such as the size of a pool or the depth of a queue.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    ///
    /// use gds_metrics::{GaugeFn, GdsMetricSet, GdsMetrics};
    ///
    /// #[derive(Clone, Debug, GdsMetricSet)]
    /// struct AppMetrics {
    ///     /// Jobs that wait.
    ///     queue_depth: GaugeFn,
    /// }
    ///
    /// let metrics = GdsMetrics::builder().build()?;
    /// let app: AppMetrics = metrics.register()?;
    ///
    /// let queue = Arc::new(Mutex::new(vec!["mail"]));
    /// app.queue_depth.set_fn(move || queue.lock().map_or(f64::NAN, |queue| queue.len() as f64));
    /// assert_eq!(metrics.sample("queue_depth", &[]), Some(1.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    GaugeFn,
    MetricKind::Gauge,
    |_| None
);

asked!(
    /// A counter whose total comes from a function. The total must not go down while the process runs.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// use gds_metrics::{CounterFn, GdsMetricSet, GdsMetrics};
    ///
    /// static CONNECTIONS: AtomicU32 = AtomicU32::new(7);
    ///
    /// #[derive(Clone, Debug, GdsMetricSet)]
    /// struct AppMetrics {
    ///     /// Connections that the pool has opened.
    ///     connections_opened: CounterFn,
    /// }
    ///
    /// let metrics = GdsMetrics::builder().build()?;
    /// let app: AppMetrics = metrics.register()?;
    ///
    /// app.connections_opened.set_fn(|| f64::from(CONNECTIONS.load(Ordering::Relaxed)));
    /// assert_eq!(metrics.sample("connections_opened_total", &[]), Some(7.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    CounterFn,
    MetricKind::Counter,
    Some
);
