//! The scrape's own numbers, part of the extended group.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
};

use crate::{
    exposition::{Exposition, Header, MetricKind},
    requests::write_counters,
};

const SCRAPES: Header<'_> = Header {
    name: "gds_metrics_scrapes",
    kind: MetricKind::Counter,
    unit: None,
    help: "Scrapes, by what became of them",
};
const LAST_BYTES: Header<'_> = Header {
    name: "gds_metrics_last_scrape_bytes",
    kind: MetricKind::Gauge,
    unit: Some("bytes"),
    help: "Size of the last exposition that was scraped, before compression",
};

/// The families written here, whether or not the extended group is on.
pub(crate) const FAMILIES: [Header<'_>; 2] = [SCRAPES, LAST_BYTES];

/// What became of scrapes.
#[derive(Debug, Default)]
pub(crate) struct Scrapes {
    pub(crate) ok: AtomicU64,
    pub(crate) unauthorized: AtomicU64,
    pub(crate) forbidden: AtomicU64,
    pub(crate) busy: AtomicU64,
    pub(crate) error: AtomicU64,
    /// Size of the last exposition, in bytes.
    pub(crate) last_bytes: AtomicUsize,
}

impl Scrapes {
    pub(crate) fn expose(&self, exposition: &mut Exposition<'_>) {
        let outcomes = [
            ("ok", &self.ok),
            ("unauthorized", &self.unauthorized),
            ("forbidden", &self.forbidden),
            ("busy", &self.busy),
            ("error", &self.error),
        ];
        write_counters(exposition, &SCRAPES, "outcome", &outcomes);

        exposition.family(&LAST_BYTES);
        let bytes = self.last_bytes.load(Relaxed);
        // Writing to a `String` cannot fail.
        let _ = writeln!(exposition.lines(), "{} {bytes}", LAST_BYTES.name);
    }
}
