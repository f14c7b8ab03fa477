//! Families under concurrent use: by several threads, by loggers, and during scrapes.

use std::{
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use gds_metrics::{Counter, EncodeLabelSet, Family, Format, Gauge, GdsMetricSet, GdsMetrics};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    kind: String,
}

fn labels(kind: impl Into<String>) -> Labels {
    Labels { kind: kind.into() }
}

#[derive(Clone, Debug, GdsMetricSet)]
struct Set {
    /// Jobs done.
    jobs: Family<Labels, Counter>,
}

/// Runs `work` on its own thread, with a time limit.
fn within_limits<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = mpsc::channel();
    thread::spawn(move || done.send(work()));
    result
        .recv_timeout(Duration::from_secs(30))
        .expect("no deadlock")
}

/// A metric may be held while a scrape runs on the same thread and another thread creates a series. This can
/// happen across an `.await`.
#[test]
fn a_held_metric_blocks_nothing() {
    let metrics = GdsMetrics::builder().build().unwrap();
    let set: Set = metrics.register().unwrap();
    within_limits(move || {
        let kept = set.jobs.get_or_create(&labels("kept"));
        let made = thread::spawn({
            let set = set.clone();
            move || set.jobs.get_or_create(&labels("new")).inc()
        });
        made.join().unwrap();
        for _ in 0..4 {
            metrics.encode(Format::Text).unwrap();
        }
        kept.inc();
        assert_eq!(metrics.sample("jobs_total", &[("kind", "kept")]), Some(1.0));
        assert_eq!(metrics.sample("jobs_total", &[("kind", "new")]), Some(1.0));
    });
}

/// A logger that counts lines in the family that the warning is about, and registers a set.
struct CountingLogger;

static LINES: OnceLock<Family<Labels, Counter>> = OnceLock::new();
static METRICS: OnceLock<GdsMetrics> = OnceLock::new();
static WARNED: AtomicBool = AtomicBool::new(false);

impl log::Log for CountingLogger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let level = record.level();
        WARNED.fetch_or(level == log::Level::Warn, Ordering::Relaxed);
        if let Some(lines) = LINES.get() {
            lines.get_or_create(&labels(level.as_str())).inc();
        }
        if level == log::Level::Warn
            && let Some(metrics) = METRICS.get()
        {
            // Returns an error after the first time.
            let _ = metrics.register::<Set>();
        }
    }

    fn flush(&self) {}
}

#[test]
fn a_logger_may_count_its_lines() {
    log::set_logger(&CountingLogger).unwrap();
    log::set_max_level(log::LevelFilter::Info);

    let metrics = GdsMetrics::builder().build().unwrap();
    let lines = LINES.get_or_init(Family::default).clone();
    METRICS.get_or_init(|| metrics.clone());
    metrics.register_with(|registry| {
        registry.register("log_lines", "Lines logged", lines.clone());
        // Registered by mistake.
        registry.register("log_lines", "Lines logged", lines.clone());
        registry.register("a b", "A bad name", Gauge::<i64>::default());
    });
    within_limits(move || {
        log::info!("a line");
        for _ in 0..3 {
            metrics.encode(Format::Text).unwrap();
            log::info!("another line");
        }
        assert_eq!(
            metrics.sample("log_lines_total", &[("kind", "INFO")]),
            Some(4.0)
        );
        assert!(WARNED.load(Ordering::Relaxed), "the mistake is logged");
    });
}

/// A label set whose encoder uses metrics.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Curious(u8);

static ASKED: Mutex<Option<(GdsMetrics, Family<Curious, Counter>)>> = Mutex::new(None);

impl EncodeLabelSet for Curious {
    fn encode(
        &self,
        encoder: &mut gds_metrics::prometheus_client::encoding::LabelSetEncoder<'_>,
    ) -> std::fmt::Result {
        let asked = ASKED.lock().unwrap().clone();
        if let Some((metrics, family)) = asked {
            let _ = metrics.encode(Format::Text);
            let _ = family.get(&Curious(0));
        }
        [("number", self.0.to_string())].encode(encoder)
    }
}

#[derive(Clone, Debug, GdsMetricSet)]
struct CuriousSet {
    /// Asked.
    asked: Family<Curious, Counter>,
}

#[test]
fn a_label_set_may_use_metrics() {
    let metrics = GdsMetrics::builder().build().unwrap();
    let set: CuriousSet = metrics.register().unwrap();
    *ASKED.lock().unwrap() = Some((metrics.clone(), set.asked.clone()));
    within_limits(move || {
        for number in 0..3 {
            set.asked.get_or_create(&Curious(number)).inc();
            assert!(metrics.encode(Format::OpenMetrics).is_ok());
        }
        let number = metrics.sample("asked_total", &[("number", "2")]);
        assert_eq!(number, Some(1.0));
    });
}

#[test]
fn folded_series_are_counted_by_family() {
    let metrics = GdsMetrics::builder().build().unwrap();
    let set: Set = metrics.register().unwrap();
    let folded = [("family", "jobs_total")];
    let sample = |metrics: &GdsMetrics| metrics.sample("gds_metrics_folded_series_total", &folded);
    assert_eq!(sample(&metrics), Some(0.0), "there from the start");
    for job in 0..10_002 {
        set.jobs.get_or_create(&labels(job.to_string())).inc();
    }
    assert_eq!(sample(&metrics), Some(2.0));
    assert_eq!(
        metrics.sample("jobs_total", &[("kind", "_other")]),
        Some(2.0)
    );
}

/// `max_series` limits its own family, even if the type is an alias. The limit of other families is 10,000.
#[test]
fn max_series_limits_a_family() {
    type PerCustomer<M> = Family<Labels, M>;

    #[derive(GdsMetricSet)]
    struct Set {
        /// Jobs done.
        #[metric(max_series = 2)]
        jobs: Family<Labels, Counter>,
        /// Jobs that run.
        #[metric(max_series = 1)]
        running: PerCustomer<Gauge>,
        /// Jobs that failed.
        failed: Family<Labels, Counter>,
    }

    let metrics = GdsMetrics::builder().build().unwrap();
    let set: Set = metrics.register().unwrap();
    for kind in ["a", "b", "c", "d"] {
        set.jobs.get_or_create(&labels(kind)).inc();
        set.running.get_or_create(&labels(kind)).inc();
        set.failed.get_or_create(&labels(kind)).inc();
    }
    let other = |name| metrics.sample(name, &[("kind", "_other")]);
    assert_eq!(other("jobs_total"), Some(2.0));
    assert_eq!(other("running"), Some(3.0));
    assert_eq!(other("failed_total"), None);
}
