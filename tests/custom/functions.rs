//! Metrics with a function: when the function is called, on which thread, and what happens after a panic.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::Duration,
};

use actix_web::{
    App,
    test::{self, TestRequest},
};
use gds_metrics::{Counter, CounterFn, Format, GaugeFn, GdsMetricSet, GdsMetrics};

#[derive(Clone, Debug, GdsMetricSet)]
#[metric(labels(team = "x"))]
struct Pool {
    /// Connections that are open.
    connections: GaugeFn,
    /// Connections that were opened.
    opened: CounterFn,
    /// Connections that were closed.
    closed: Counter,
}

fn registered() -> (GdsMetrics, Pool) {
    let metrics = GdsMetrics::builder().build().unwrap();
    let pool = metrics.register().unwrap();
    (metrics, pool)
}

fn samples(metrics: &GdsMetrics) -> [Option<f64>; 3] {
    ["connections", "opened_total", "closed_total"]
        .map(|name| metrics.sample(name, &[("team", "x")]))
}

#[test]
fn there_is_no_sample_before_a_function_is_set() {
    let (metrics, pool) = registered();
    assert_eq!(samples(&metrics), [None, None, Some(0.0)]);

    pool.connections.set_fn(|| 2.0);
    pool.clone().opened.set_fn(|| 7.0);
    assert_eq!(samples(&metrics), [Some(2.0), Some(7.0), Some(0.0)]);

    pool.connections.set_fn(|| 3.5);
    assert_eq!(samples(&metrics), [Some(3.5), Some(7.0), Some(0.0)]);
}

static ERRORS: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() == log::Level::Error
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            ERRORS.lock().unwrap().push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

#[test]
fn a_function_that_panics_is_not_called_again() {
    log::set_logger(&Logger).unwrap();
    log::set_max_level(log::LevelFilter::Error);

    let (metrics, pool) = registered();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    pool.connections.set_fn(move || {
        counted.fetch_add(1, SeqCst);
        panic!("on purpose")
    });
    pool.opened.set_fn(|| 7.0);
    for _ in 0..3 {
        assert_eq!(samples(&metrics), [None, Some(7.0), Some(0.0)]);
    }
    assert_eq!(calls.load(SeqCst), 1);
    // The metric has dropped the function.
    assert_eq!(Arc::strong_count(&calls), 1);
    assert_eq!(
        *ERRORS.lock().unwrap(),
        [
            "the function of the metric `connections` panicked: it is not called again, and the exposition \
             omits the metric until `set_fn` is called"
        ]
    );

    pool.connections.set_fn(|| 1.0);
    assert_eq!(samples(&metrics), [Some(1.0), Some(7.0), Some(0.0)]);
    assert_eq!(ERRORS.lock().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_scrape_does_not_call_the_function_on_a_worker() {
    let (metrics, pool) = registered();
    let threads = Arc::new(Mutex::new(Vec::new()));
    let asked = Arc::clone(&threads);
    pool.connections.set_fn(move || {
        asked.lock().unwrap().push(thread::current().id());
        2.0
    });

    let app = test::init_service(App::new().service(metrics.scope())).await;
    for _ in 0..3 {
        let request = TestRequest::with_uri("/metrics").to_request();
        let body = test::call_and_read_body(&app, request).await;
        let text = std::str::from_utf8(&body).unwrap();
        assert!(text.contains("connections{team=\"x\"} 2"), "{text}");
    }
    let worker = thread::current().id();
    let threads = threads.lock().unwrap();
    assert_eq!(threads.len(), 3);
    assert!(!threads.contains(&worker), "{threads:?}");
}

/// No lock of the crate is held while the function runs.
#[test]
fn a_function_may_use_the_metrics() {
    #[derive(GdsMetricSet)]
    #[allow(dead_code, reason = "registered, not read")]
    struct Late {
        /// Registered during a scrape.
        late: Counter,
    }

    let (metrics, pool) = registered();
    let (done, result) = mpsc::channel();
    thread::spawn(move || {
        let inner = (metrics.clone(), pool.clone());
        pool.connections.set_fn(move || {
            let (metrics, pool) = &inner;
            drop(metrics.register::<Late>());
            pool.connections.set_fn(|| 5.0);
            pool.closed.inc();
            let _ = format!("{metrics:?} {pool:?}");
            4.0
        });
        let first = metrics.encode(Format::Text).is_ok();
        done.send((first, samples(&metrics)))
    });
    let (first, after) = result
        .recv_timeout(Duration::from_secs(30))
        .expect("no deadlock");
    assert!(first);
    assert_eq!(after, [Some(5.0), None, Some(1.0)]);
}
