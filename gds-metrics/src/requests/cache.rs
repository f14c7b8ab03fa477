//! A worker's own copy of what is in the [`Store`], so that recording takes no lock.
//!
//! The store only grows and tells its length without a lock. A key that is not here, while the
//! lengths agree, is therefore nowhere.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::{
    Hosts, bucket,
    events::Cap,
    hosts::{HostLabel, Spellings},
    labels::Method,
    recent::RecentMap,
    routes::{Route, Routes},
    series::{Active, Series},
    store::{
        ActiveKey, FOLDED_HOST_ID, FOLDED_PATH_ID, HostId, Key, LabelIds, NO_ENDPOINT_ID, PathId,
        Store,
    },
    tables::Map,
};

/// The number of a series in one worker.
type SeriesId = usize;

#[derive(Debug, Default)]
pub(super) struct WorkerCache {
    pub(super) spellings: Spellings,
    pub(super) routes: Routes,
    ids: RecentMap<Key, SeriesId>,
    /// As many, and in the same order, as the first of the store's.
    series: Vec<Arc<Series>>,
    errors: Map<Arc<str>, Arc<AtomicU64>>,
    errors_seen: usize,
    active: Map<ActiveKey, Arc<Active>>,
    active_seen: usize,
    /// The caps that were reached.
    hosts_cap: Option<Cap>,
    label_sets_cap: Option<Cap>,
    has_news: bool,
}

/// What others may want to judge.
#[derive(Debug)]
pub(super) struct News {
    pub(super) new_route: bool,
    pub(super) caps: [Option<Cap>; 2],
}

impl WorkerCache {
    /// Records a duration, in nanoseconds, and gives the series that it was recorded in: none on an
    /// excluded route.
    #[inline(always)]
    pub(super) fn record(
        &mut self,
        store: &Store,
        route: Route,
        method: Method,
        host: &HostLabel,
        code: u16,
        nanos: u64,
    ) -> Option<&Arc<Series>> {
        let path = route?;
        let host = host_id(store, host, path);
        let labels = LabelIds {
            method,
            path,
            host: host.unwrap_or(FOLDED_HOST_ID),
            code,
        };
        let id = match self.ids.get(&labels.key()) {
            Some(id) => {
                if host.is_none() {
                    self.fold_host(store);
                }
                id
            }
            None => self.unseen_series(store, labels, host.is_none()),
        };
        let series = self.series.get(id)?;
        let bucket = bucket(&store.settings().bounds, nanos);
        series.duration.record(bucket, nanos);
        Some(series)
    }

    /// The series of labels that are not here: made, or folded into another when there are too
    /// many. At the caps, all that is needed is here and the store's lock is left alone.
    ///
    /// A request is counted as folded once, for what it lost last.
    #[cold]
    fn unseen_series(&mut self, store: &Store, labels: LabelIds, host_folded: bool) -> SeriesId {
        let max = store.settings().max_label_sets;
        let without_host = LabelIds {
            host: match store.settings().hosts {
                Hosts::Unlabelled => labels.host,
                Hosts::Listed(_) | Hosts::FirstSeen(_) => FOLDED_HOST_ID,
            },
            ..labels
        };
        let without_path = LabelIds {
            path: FOLDED_PATH_ID,
            code: labels.code / 100,
            ..without_host
        };

        if let Some(id) = self.series_below(store, labels, max) {
            if host_folded {
                self.fold_host(store);
            }
            return id;
        }
        if let Some(id) = self.series_below(store, without_host, max.saturating_mul(2)) {
            if without_host.host != labels.host {
                store.folded.host.fetch_add(1, Relaxed);
                self.cap_reached(Cap::LabelSets(max));
            } else if host_folded {
                self.fold_host(store);
            }
            return id;
        }
        self.cap_reached(Cap::LabelSets(max));
        store.folded.path.fetch_add(1, Relaxed);
        self.series_below(store, without_path, usize::MAX)
            .expect("there are never as many series as `usize::MAX`")
    }

    /// Counts a request whose host has no place.
    fn fold_host(&mut self, store: &Store) {
        store.folded.host.fetch_add(1, Relaxed);
        if let Hosts::FirstSeen(max) = store.settings().hosts {
            self.cap_reached(Cap::Hosts(max));
        }
    }

    fn cap_reached(&mut self, cap: Cap) {
        let place = match cap {
            Cap::Hosts(_) => &mut self.hosts_cap,
            Cap::LabelSets(_) => &mut self.label_sets_cap,
        };
        if place.is_none() {
            *place = Some(cap);
            self.has_news = true;
        }
    }

    /// What happened since it was asked last: a new route, and caps that were reached.
    #[inline(always)]
    pub(super) fn news(&mut self) -> Option<News> {
        if !self.has_news && !self.routes.is_new {
            return None;
        }
        Some(self.take_news())
    }

    #[cold]
    fn take_news(&mut self) -> News {
        let caps = if mem::take(&mut self.has_news) {
            [self.hosts_cap, self.label_sets_cap]
        } else {
            [None; 2]
        };
        News {
            new_route: mem::take(&mut self.routes.is_new),
            caps,
        }
    }

    /// The series of exactly these labels: from here, or made if there are fewer than `limit`.
    fn series_below(&mut self, store: &Store, labels: LabelIds, limit: usize) -> Option<SeriesId> {
        let key = labels.key();
        loop {
            if let Some(id) = self.ids.get(&key) {
                return Some(id);
            }
            let seen = self.series.len();
            if seen == store.series_len() {
                if seen >= limit {
                    return None;
                }
                store.create_series(labels, seen, limit);
            }
            let Self { ids, series, .. } = self;
            store.series_from(seen, |key, new| {
                ids.insert(key, series.len());
                series.push(Arc::clone(new));
            });
        }
    }

    /// The gauge of active requests of a method and a host.
    /// Of any other host, if there are as many as label sets may be.
    pub(super) fn active(&mut self, store: &Store, (method, host): ActiveKey) -> Arc<Active> {
        let mut key = (method, host);
        loop {
            if let Some(active) = self.active.get(&key) {
                return Arc::clone(active);
            }
            if self.active_seen == store.active_len() {
                if self.active_seen >= store.settings().max_label_sets {
                    key = (method, FOLDED_HOST_ID);
                }
                store.create_active(key, self.active_seen);
            }
            let active = &mut self.active;
            self.active_seen = store.active_from(self.active_seen, |key, new| {
                active.insert(key, Arc::clone(new));
            });
        }
    }

    /// Counts an error of a kind.
    pub(super) fn count_error(&mut self, store: &Store, kind: &str) {
        loop {
            if let Some(count) = self.errors.get(kind) {
                count.fetch_add(1, Relaxed);
                return;
            }
            if self.errors_seen == store.errors_len() {
                if self.errors_seen >= store.settings().max_error_kinds() {
                    store.count_error_beyond();
                    return;
                }
                store.error(kind);
            }
            let errors = &mut self.errors;
            self.errors_seen = store.errors_from(self.errors_seen, |(kind, count)| {
                errors.insert(Arc::clone(kind), Arc::clone(count));
            });
        }
    }
}

/// The number of a host, now that it is known whether the request has a route. Only then may the
/// host take a place, and only then does it matter that none is left, which `None` says.
#[inline]
fn host_id(store: &Store, host: &HostLabel, path: PathId) -> Option<HostId> {
    match host {
        HostLabel::Known(id) => Some(*id),
        HostLabel::Unseen(_) | HostLabel::Beyond if path == NO_ENDPOINT_ID => Some(FOLDED_HOST_ID),
        HostLabel::Unseen(name) => store.claim_host(name),
        HostLabel::Beyond => None,
    }
}
