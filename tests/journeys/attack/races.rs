//! What an application may do while scrapes run: register metrics, set functions, add and remove
//! series.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    thread,
};

use gds_metrics::{
    Counter, EncodeLabelSet, Family, Format, Gauge, GaugeFn, GdsMetricSet, GdsMetrics,
};

use crate::support::{exposition::Scrape, metrics};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Job {
    kind: String,
}

fn job(kind: impl Into<String>) -> Job {
    Job { kind: kind.into() }
}

#[derive(Clone, Debug, GdsMetricSet)]
#[metric(prefix = "pool")]
struct Pool {
    /// Connections that are open.
    open: GaugeFn,
    /// Jobs done.
    jobs: Family<Job, Counter>,
}

const THREADS: usize = 3;
const POOLS: usize = 30;

/// Registers pools, and changes their values.
fn change(metrics: &GdsMetrics, thread: usize) {
    for number in 0..POOLS {
        let name = format!("{thread}-{number}");
        let pool: Pool = metrics
            .register_labelled([("pool", &name)])
            .expect("another pool each time");
        pool.open.set_fn(|| -1.0);
        pool.open.set_fn(move || number as f64);
        pool.jobs.get_or_create(&job("kept")).inc();
        for round in 0..20 {
            pool.jobs.get_or_create(&job(round.to_string())).inc();
            assert!(pool.jobs.remove(&job(round.to_string())));
            pool.jobs.get_or_create(&job("new")).inc();
            pool.jobs.retain(|job| job.kind == "kept");
        }
        metrics.register_with(|registry| {
            let name = format!("other_{thread}_{number}");
            registry.register(name, "Another", Gauge::<i64>::default());
        });
    }
}

/// Each scrape is well formed and has no duplicate series, and no counter decreases.
fn watch(metrics: &GdsMetrics, until: impl Fn() -> bool) -> usize {
    let (mut scrapes, mut pools) = (0, 0);
    while !until() {
        let scrape = Scrape::parse(&metrics.encode(Format::Text).expect("no failure"));
        scrape.check();
        let kept: Vec<_> = scrape
            .of("pool_jobs_total")
            .filter(|sample| sample.labels.get("kind").is_some_and(|kind| kind == "kept"))
            .collect();
        // A series exists with 0 before it is counted.
        let valid = |value| value == 0.0 || value == 1.0;
        assert!(kept.iter().all(|sample| valid(sample.value)), "{kept:?}");
        assert!(kept.len() >= pools, "{} after {pools}", kept.len());
        pools = kept.len();
        let mut names: Vec<_> = scrape
            .samples
            .iter()
            .map(|sample| (&sample.name, &sample.labels))
            .collect();
        names.sort_unstable();
        assert!(names.is_sorted_by(|a, b| a != b), "a series twice");
        scrapes += 1;
    }
    scrapes
}

#[test]
fn registration_and_removal_during_scrapes() {
    let metrics = metrics();
    let (running, scrapes) = (AtomicBool::new(true), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let watched = watch(&metrics, || !running.load(SeqCst));
                scrapes.fetch_add(watched, SeqCst);
            });
        }
        let changes: Vec<_> = (0..THREADS)
            .map(|thread| {
                let metrics = &metrics;
                scope.spawn(move || change(metrics, thread))
            })
            .collect();
        for change in changes {
            let changed = change.join();
            if changed.is_err() {
                running.store(false, SeqCst);
            }
            changed.expect("no panic");
        }
        running.store(false, SeqCst);
    });
    assert!(scrapes.load(SeqCst) > 0);

    let scrape = Scrape::parse(&metrics.encode(Format::Text).expect("no failure"));
    for (thread, number) in (0..THREADS).flat_map(|thread| (0..POOLS).map(move |n| (thread, n))) {
        let pool = format!("{thread}-{number}");
        let open = scrape.value("pool_open", &[("pool", &pool)]);
        assert_eq!(open, Some(number as f64), "{pool}");
        let kept = scrape.value("pool_jobs_total", &[("pool", &pool), ("kind", "kept")]);
        assert_eq!(kept, Some(1.0), "{pool}");
        let other = scrape.value(&format!("other_{thread}_{number}"), &[]);
        assert_eq!(other, Some(0.0), "{pool}");
    }
    assert_eq!(scrape.of("pool_jobs_total").count(), THREADS * POOLS);
}
