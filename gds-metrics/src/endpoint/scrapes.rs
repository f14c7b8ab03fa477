//! The metrics about scrapes, part of the extended group.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::exposition::{Cost, Header, MetricKind, Number, Writer, write_counters};

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

/// The outcomes of scrapes.
#[derive(Debug, Default)]
pub(crate) struct Scrapes {
    pub(crate) ok: AtomicU64,
    pub(crate) unauthorized: AtomicU64,
    pub(crate) forbidden: AtomicU64,
    pub(crate) busy: AtomicU64,
    pub(crate) error: AtomicU64,
    /// Size of the last exposition, in bytes.
    pub(crate) last_bytes: AtomicU64,
}

impl Scrapes {
    /// The cost of writing these metrics.
    pub(crate) const COST: Cost = Cost::Bytes(1024);

    pub(crate) fn write(&self, writer: &mut dyn Writer) {
        let outcomes = [
            ("ok", &self.ok),
            ("unauthorized", &self.unauthorized),
            ("forbidden", &self.forbidden),
            ("busy", &self.busy),
            ("error", &self.error),
        ];
        let outcomes = outcomes.map(|(outcome, count)| (outcome, count.load(Relaxed)));
        write_counters(writer, &SCRAPES, "outcome", outcomes, None);

        writer.family(&LAST_BYTES);
        writer.sample("", Number::Unsigned(self.last_bytes.load(Relaxed)), None);
    }
}
