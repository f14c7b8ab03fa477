//! The state that all workers share: the series of the standard metrics, and the names in their
//! labels.
//!
//! Everything here only grows, up to its cap. So each worker can keep a cache (see
//! [`worker_cache`](super::worker_cache)) and use the store only for what the cache does not have.

use std::{
    fmt, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{
            AtomicU64, AtomicUsize,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    time::Duration,
};

use super::{
    Hosts, Settings,
    append_only::{AppendOnly, Numbered, lock},
    blocking::Blocking,
    cells::{Gauge, Layouts, SIZE_BOUNDS, SeriesCells},
    events::Events,
    keys::{FOLDED_PATH_ID, Fold, Head, HostId, Key, LabelIds, MAX_PATHS, PathId},
    labels::{FOLDED, INVALID_HOST, NO_ENDPOINT, PANIC},
    shard::{IdleShard, Shard},
    sharded::{Own, Sharded},
};
use crate::exposition::Cost;

/// The number of hosts that can be distinguished; the other host numbers have special meanings.
pub(crate) const MAX_HOSTS: usize = HostId::MAX as usize - UNCLAIMED_HOSTS;
/// `_invalid` and `_other`.
pub(super) const UNCLAIMED_HOSTS: usize = 2;

/// The maximum number of distinct error kinds, including `panic`.
pub(crate) const MAX_ERROR_KINDS: usize = 50;

/// A label set of the requests, and its counters.
pub(crate) type Series = Sharded<SeriesCells>;
/// A method and a host, and the number of their requests in flight.
pub(crate) type Active = Sharded<Gauge>;

/// The number of responses whose head was sent but whose body was not sent completely.
#[derive(Debug, Default)]
pub(crate) struct Truncated {
    pub(crate) client: AtomicU64,
    pub(crate) body_error: AtomicU64,
    pub(crate) panic: AtomicU64,
}

/// The number of requests that lost a label to a cap.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    pub(crate) host: AtomicU64,
    pub(crate) path: AtomicU64,
}

/// A kind of error and its number of occurrences.
pub(crate) type ErrorCount = (Arc<str>, Arc<AtomicU64>);

/// The shared state of the standard metrics.
pub(crate) struct Store {
    settings: Settings,
    /// `None` if there are no native buckets.
    layouts: Option<Layouts>,
    paths: Mutex<Numbered>,
    hosts: Mutex<Numbered>,
    hosts_len: AtomicUsize,
    series: AppendOnly<(Key, Arc<Series>)>,
    errors: AppendOnly<ErrorCount>,
    errors_beyond: AtomicU64,
    pub(crate) folded: Folded,
    /// The requests in flight of each method and host; used by the extended group only.
    active: AppendOnly<(Key, Arc<Active>)>,
    /// Shards of recorders that have ended.
    idle: Mutex<Vec<IdleShard>>,
    pub(crate) truncated: Truncated,
    /// Whether the start of a request does more than it does with the default settings.
    pub(super) starts_more: bool,
    /// Whether the end of a request records more than it does with the default settings.
    pub(super) records_more: bool,
    pub(super) blocking: Option<Blocking>,
    events: Box<dyn Events>,
    sorted: Mutex<Arc<Vec<Arc<Series>>>>,
}

impl Store {
    pub(crate) fn new(settings: Settings, events: Box<dyn Events>) -> Self {
        let mut paths = Numbered::default();
        paths.intern(NO_ENDPOINT);
        paths.intern(FOLDED);

        let mut hosts = Numbered::default();
        hosts.intern(INVALID_HOST);
        hosts.intern(FOLDED);
        for host in settings.listed_hosts() {
            hosts.intern(host);
            if settings.opentelemetry.is_some() {
                hosts.intern(&of_any_port(host));
            }
        }

        let store = Self {
            layouts: settings.native_histograms.then(|| Layouts::new(&settings)),
            paths: Mutex::new(paths),
            hosts_len: AtomicUsize::new(hosts.list.len()),
            hosts: Mutex::new(hosts),
            series: AppendOnly::new(),
            errors: AppendOnly::new(),
            errors_beyond: AtomicU64::new(0),
            folded: Folded::default(),
            active: AppendOnly::new(),
            idle: Mutex::default(),
            truncated: Truncated::default(),
            starts_more: settings.extended || settings.blocking.is_some(),
            records_more: settings.extended || settings.blocking.is_some() || settings.exemplars,
            blocking: settings
                .blocking
                .map(|limit| Blocking::new(limit, settings.max_label_sets)),
            events,
            sorted: Mutex::default(),
            settings,
        };
        // Known kinds start at 0: `increase()` misses the first increment of a counter that starts
        // at 1.
        store.error(PANIC);
        for (_, name) in &store.settings.error_kinds {
            store.error(name);
        }
        store
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn layouts(&self) -> Option<&Layouts> {
        self.layouts.as_ref()
    }

    /// The number of a path; a worker asks for it once for each path.
    pub(crate) fn path(&self, path: &str) -> PathId {
        let id = lock(&self.paths).intern(path);
        let id = PathId::try_from(id).ok();
        id.filter(|&id| id < MAX_PATHS).unwrap_or(FOLDED_PATH_ID)
    }

    pub(super) fn path_name(&self, id: PathId) -> String {
        lock(&self.paths).get(id as usize).to_owned()
    }

    /// Counts a poll that blocked its worker for long, and reports the first of each path.
    /// Reports an event.
    ///
    /// The receiver may log, and a logger may panic, for example if the pipe that it writes to is closed.
    /// This must not end a request, and not abort the process during a panic of a handler.
    pub(crate) fn notify(&self, event: impl FnOnce(&dyn Events)) {
        let event = AssertUnwindSafe(|| event(&*self.events));
        if let Err(payload) = catch_unwind(event) {
            // A payload's own `drop` may panic.
            mem::forget(payload);
        }
    }

    #[cold]
    pub(super) fn long_poll(&self, blocking: &Blocking, path: PathId, held: Duration) {
        if let Some(path) = blocking.count(path, held) {
            let path = self.path_name(path);
            self.notify(|events| events.long_poll(&path, held));
        }
    }

    pub(super) fn host_name(&self, id: HostId) -> String {
        lock(&self.hosts).get(id.into()).to_owned()
    }

    /// Gives each listed host a number for this port, on which the server listens.
    pub(super) fn listens_on(&self, port: u16) {
        if self.settings.opentelemetry.is_none() {
            return;
        }
        let mut hosts = lock(&self.hosts);
        for host in self.settings.listed_hosts() {
            hosts.intern(&format!("{host}:{port}"));
        }
        self.hosts_len.store(hosts.list.len(), Release);
    }

    pub(crate) fn hosts_len(&self) -> usize {
        self.hosts_len.load(Acquire)
    }

    /// Calls `each` with the hosts from number `from` on, and returns how many there are.
    pub(crate) fn hosts_from(&self, from: usize, mut each: impl FnMut(HostId, &Arc<str>)) -> usize {
        let hosts = lock(&self.hosts);
        for (id, name) in hosts.list.iter().enumerate().skip(from) {
            if let Ok(id) = HostId::try_from(id) {
                each(id, name);
            }
        }
        hosts.list.len()
    }

    /// The number of a new host; `None` if the cap is reached.
    pub(crate) fn claim_host(&self, host: &str) -> Option<HostId> {
        let Hosts::FirstSeen(max) = self.settings.hosts else {
            return None;
        };
        let mut hosts = lock(&self.hosts);
        if !hosts.ids.contains_key(host) && hosts.list.len() >= max + UNCLAIMED_HOSTS {
            return None;
        }
        let id = hosts.intern(host);
        self.hosts_len.store(hosts.list.len(), Release);
        HostId::try_from(id).ok()
    }

    #[inline]
    pub(super) fn count_folded(&self, fold: Fold) {
        let count = match fold {
            Fold::Nothing => return,
            Fold::Host => &self.folded.host,
            Fold::Path => &self.folded.path,
        };
        count.fetch_add(1, Relaxed);
    }

    pub(crate) fn series_len(&self) -> usize {
        self.series.len()
    }

    /// Calls `each` with the series from number `from` on, and returns how many there are.
    pub(crate) fn series_from(
        &self,
        from: usize,
        mut each: impl FnMut(Key, &Arc<Series>),
    ) -> usize {
        let series = self.series.lock();
        for (key, series) in series.iter().skip(from) {
            each(*key, series);
        }
        series.len()
    }

    /// Creates a series, unless another worker was first or `limit` is reached. In all cases, the
    /// caller then reads the new series of the store.
    pub(crate) fn create_series(&self, labels: LabelIds, seen: usize, limit: usize) {
        let key = labels.key();
        let text = self.label_text(labels);
        let mut series = self.series.lock();
        // A series that was created after `seen` may have the same key.
        let exists = series.iter().skip(seen).any(|(other, _)| *other == key);
        if !exists && series.len() < limit {
            let new = Arc::new(Series::new(text));
            self.series.push(&mut series, (key, new));
        }
    }

    /// A part of a series, for a recorder that does not have one yet.
    pub(super) fn add_series_part(&self, id: usize) -> Option<Own<SeriesCells>> {
        let series = self
            .series
            .lock()
            .get(id)
            .map(|(_, series)| series.clone())?;
        Some(series.add_part(SeriesCells::new(&self.settings, self.layouts())))
    }

    /// A part of a gauge, for a recorder that does not have one yet.
    pub(super) fn add_active_part(&self, id: usize) -> Option<Own<Gauge>> {
        let active = self
            .active
            .lock()
            .get(id)
            .map(|(_, active)| active.clone())?;
        Some(active.add_part(Gauge::default()))
    }

    /// A shard for a recorder: the shard of a recorder that has ended, with its counts, or an empty
    /// one.
    pub(super) fn take_shard(&self) -> Shard {
        Shard::new(lock(&self.idle).pop().unwrap_or_default())
    }

    /// Takes back the shard of a recorder that ends.
    pub(super) fn return_shard(&self, shard: Shard) {
        lock(&self.idle).push(shard.into_idle());
    }

    pub(crate) fn active_len(&self) -> usize {
        self.active.len()
    }

    /// Calls `each` with the gauges from number `from` on, and returns how many there are.
    pub(crate) fn active_from(
        &self,
        from: usize,
        mut each: impl FnMut(Key, &Arc<Active>),
    ) -> usize {
        let active = self.active.lock();
        for (key, active) in active.iter().skip(from) {
            each(*key, active);
        }
        active.len()
    }

    /// Creates the gauge of a head and a host, unless it exists. Both are already bounded. The
    /// caller has read the first `seen` gauges.
    pub(crate) fn create_active(&self, head: Head, host: HostId, seen: usize) {
        let key = Key::of_active(head, host);
        let labels = self.active_label_text(head, host);
        let mut active = self.active.lock();
        if !active.iter().skip(seen).any(|(other, _)| *other == key) {
            let new = Arc::new(Active::new(labels));
            self.active.push(&mut active, (key, new));
        }
    }

    pub(crate) fn errors_len(&self) -> usize {
        self.errors.len()
    }

    /// Calls `each` with the counters of the error kinds from number `from` on, and returns how
    /// many there are.
    pub(crate) fn errors_from(&self, from: usize, mut each: impl FnMut(&ErrorCount)) -> usize {
        let errors = self.errors.lock();
        errors.iter().skip(from).for_each(&mut each);
        errors.len()
    }

    /// Creates the counter of an error kind, unless it exists or the cap is reached.
    pub(crate) fn error(&self, kind: &str) {
        let mut errors = self.errors.lock();
        let exists = errors.iter().any(|(name, _)| **name == *kind);
        if !exists && errors.len() < self.settings.max_error_kinds() {
            self.errors.push(&mut errors, (kind.into(), Arc::default()));
        }
    }

    /// Counts an error whose kind is beyond the cap.
    pub(crate) fn count_error_beyond(&self) {
        self.errors_beyond.fetch_add(1, Relaxed);
    }

    pub(crate) fn errors_beyond(&self) -> u64 {
        self.errors_beyond.load(Relaxed)
    }

    /// The cost of writing these metrics.
    pub(crate) fn cost(&self) -> Cost {
        const LINE: usize = 128;
        /// Headers and error kinds.
        const REST: usize = 8 * 1024;
        let mut lines = self.settings.buckets.len() + 4;
        if self.settings.extended {
            lines += self.settings.buckets.len() + 2 * SIZE_BOUNDS.len() + 9;
        }
        if self.settings.native_histograms {
            // The native form is about as long as the classic form, and has more cells to read.
            lines *= 2;
        }
        if self.settings.exemplars {
            // An exemplar is about as long as its line.
            lines *= 2;
        }
        let blocking = self.blocking.as_ref().map_or(0, Blocking::len);
        let lines = self.series_len() * lines + self.active_len() + 2 * blocking;
        Cost::Bytes(REST + lines * LINE)
    }

    /// All series, sorted by their label text. They are sorted again only if there are new ones;
    /// recording never waits for this.
    pub(crate) fn sorted_series(&self) -> Arc<Vec<Arc<Series>>> {
        let mut sorted = lock(&self.sorted);
        if sorted.len() != self.series_len() {
            let mut all = Vec::with_capacity(self.series_len());
            all.extend_from_slice(&sorted);
            // `sorted` does not keep the order of creation, but its length tells which series of
            // the log are new.
            self.series_from(sorted.len(), |_, series| all.push(Arc::clone(series)));
            all.sort_by(|a, b| a.labels().cmp(b.labels()));
            *sorted = Arc::new(all);
        }
        Arc::clone(&sorted)
    }
}

/// The name of a listed host whose port is unknown.
pub(super) fn of_any_port(host: &str) -> String {
    format!("{host}:")
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("settings", &self.settings)
            .field("label_sets", &self.series_len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(super) mod tests;
