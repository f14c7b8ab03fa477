//! What the test binaries share.

// Each binary uses a part of it.
#![allow(dead_code)]

pub(crate) mod client;
pub(crate) mod exposition;
pub(crate) mod names;
pub(crate) mod protobuf;
pub(crate) mod random;
pub(crate) mod server;

use std::{
    panic,
    sync::Once,
    thread,
    time::{Duration, Instant},
};

use gds_metrics::{Format, GdsMetrics, GdsMetricsBuilder};

use self::{exposition::Scrape, names::NAMES};

/// The longest that anything is waited for.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// What panics on purpose says; its backtraces are not shown.
pub(crate) const ON_PURPOSE: &str = "on purpose";

pub(crate) fn metrics() -> GdsMetrics {
    GdsMetrics::builder().build().expect("the defaults")
}

/// Metrics without the host, for tests that are not about it.
pub(crate) fn hostless() -> GdsMetrics {
    let builder = GdsMetrics::builder().without_host_label();
    builder.build().expect("the defaults")
}

/// The same under either scheme of label names.
pub(crate) fn hostless_under_both(
    settings: impl Fn(GdsMetricsBuilder) -> GdsMetricsBuilder,
) -> [GdsMetrics; 2] {
    NAMES.map(|names| {
        let builder = GdsMetrics::builder().without_host_label();
        let builder = settings(builder.label_names(names));
        builder.build().expect("settings")
    })
}

/// What was recorded: `method [host ]path code xN` for each label set, in order, whatever the labels are
/// called. Checked to be consistent.
pub(crate) fn recorded(metrics: &GdsMetrics) -> Vec<String> {
    let scrape = Scrape::parse(&metrics.encode(Format::Text).expect("an exposition"));
    scrape.check();
    scrape.in_gds_names().recorded()
}

/// The exceptions that were counted: `kind xN`, in order, without those at 0.
pub(crate) fn exceptions(metrics: &GdsMetrics) -> Vec<String> {
    let scrape = Scrape::parse(&metrics.encode(Format::Text).expect("an exposition"));
    scrape.exceptions()
}

/// How many requests were recorded in all.
pub(crate) fn total(metrics: &GdsMetrics) -> u64 {
    let scrape = Scrape::parse(&metrics.encode(Format::Text).expect("an exposition"));
    scrape.total()
}

/// Waits until `get` gives what is expected; says what it gave when it never does.
#[track_caller]
pub(crate) fn eventually<T, E>(expected: E, mut get: impl FnMut() -> T)
where
    T: PartialEq<E> + std::fmt::Debug,
    E: std::fmt::Debug,
{
    let start = Instant::now();
    loop {
        let found = get();
        if found == expected {
            return;
        }
        assert!(
            start.elapsed() < LIMIT,
            "still {found:?} instead of {expected:?}"
        );
        thread::sleep(Duration::from_millis(1));
    }
}

/// Keeps panics that are [`ON_PURPOSE`] out of the output.
pub(crate) fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let text = info.payload().downcast_ref::<String>();
            if text.is_none_or(|text| text != ON_PURPOSE) {
                usual(info);
            }
        }));
    });
}
