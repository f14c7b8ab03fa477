//! Code that the test binaries share.

// Each binary uses only a part.
#![allow(dead_code)]

pub(crate) mod client;
pub(crate) mod exposition;
pub(crate) mod names;
pub(crate) mod package;
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

/// The time limit for everything that a test waits for.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// The message of intentional panics, whose backtraces are not shown.
pub(crate) const ON_PURPOSE: &str = "on purpose";

pub(crate) fn metrics() -> GdsMetrics {
    GdsMetrics::builder().build().expect("the defaults")
}

/// Metrics without the host label, for tests that do not need it.
pub(crate) fn hostless() -> GdsMetrics {
    let builder = GdsMetrics::builder().without_host_label();
    builder.build().expect("the defaults")
}

/// The same with each scheme of label names.
pub(crate) fn hostless_under_both(
    settings: impl Fn(GdsMetricsBuilder) -> GdsMetricsBuilder,
) -> [GdsMetrics; 2] {
    NAMES.map(|names| {
        let builder = GdsMetrics::builder().without_host_label();
        let builder = settings(builder.label_names(names));
        builder.build().expect("settings")
    })
}

/// The recorded requests, as `method [host ]path code xN` for each label set, sorted, with any label names.
/// Also checks that the metrics are consistent.
pub(crate) fn recorded(metrics: &GdsMetrics) -> Vec<String> {
    let scrape = Scrape::parse(&metrics.encode(Format::Text).expect("an exposition"));
    scrape.check();
    scrape.in_gds_names().recorded()
}

/// The counted exceptions, as `kind xN`, sorted, without those at 0.
pub(crate) fn exceptions(metrics: &GdsMetrics) -> Vec<String> {
    let scrape = Scrape::parse(&metrics.encode(Format::Text).expect("an exposition"));
    scrape.exceptions()
}

/// The number of recorded requests.
pub(crate) fn total(metrics: &GdsMetrics) -> u64 {
    let scrape = Scrape::parse(&metrics.encode(Format::Text).expect("an exposition"));
    scrape.total()
}

/// Waits until `get` returns the expected value. If it never does, the panic shows the last value.
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

/// Hides panics whose message is [`ON_PURPOSE`].
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
