//! A worker's own copy of what is in the [`Store`], so that recording takes no lock.
//!
//! The store only grows and tells its length without a lock. A key that is not here, while the
//! lengths agree, is therefore nowhere.

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::{
    Hosts,
    labels::{Host, NO_ENDPOINT},
    series::{Active, Series},
    store::{
        ActiveKey, FOLDED_HOST_ID, FOLDED_PATH_ID, HostId, INVALID_HOST_ID, Key, LabelIds, Map,
        NO_ENDPOINT_ID, PathId, Store,
    },
};

/// Spellings of hosts that a worker remembers. A client can invent spellings (`APP.example`), so
/// there must be a bound; past it the memory starts anew.
const MAX_SPELLINGS: usize = 256;

/// The host of a request, before it is known whether the request has a route.
#[derive(Debug)]
pub(crate) enum HostLabel {
    Known(HostId),
    /// All places are taken by others.
    Beyond,
    /// Not seen yet; takes a place if the request has a route.
    Unseen(Box<str>),
}

/// What a pattern means to the recorder: the number of its path, or that it is excluded.
pub(super) type Route = Option<PathId>;

#[derive(Debug, Default)]
pub(super) struct Mirror {
    last_spelling: Option<(Rc<[u8]>, HostId)>,
    spellings: Map<Rc<[u8]>, HostId>,
    hosts: Map<Box<str>, HostId>,
    hosts_seen: usize,
    routes: Map<Box<str>, Route>,
    series: Map<Key, Arc<Series>>,
    series_seen: usize,
    errors: Map<Arc<str>, Arc<AtomicU64>>,
    errors_seen: usize,
    active: Map<ActiveKey, Arc<Active>>,
    active_seen: usize,
}

impl Mirror {
    /// The label of a host as a request spells it.
    pub(super) fn host(&mut self, store: &Store, raw: &[u8]) -> HostLabel {
        if let Some((spelling, id)) = &self.last_spelling
            && **spelling == *raw
        {
            return HostLabel::Known(*id);
        }
        if let Some((spelling, id)) = self.spellings.get_key_value(raw) {
            self.last_spelling = Some((Rc::clone(spelling), *id));
            return HostLabel::Known(*id);
        }
        self.new_spelling(store, raw)
    }

    #[cold]
    fn new_spelling(&mut self, store: &Store, raw: &[u8]) -> HostLabel {
        let Some(host) = Host::parse(raw) else {
            return HostLabel::Known(INVALID_HOST_ID);
        };
        let (name, max) = match store.settings().hosts {
            Hosts::Unlabelled => return HostLabel::Known(INVALID_HOST_ID),
            Hosts::Listed(_) => (host.name(), None),
            Hosts::FirstSeen(max) => (host.as_str(), Some(max)),
        };

        if self.hosts_seen != store.hosts_len() {
            let hosts = &mut self.hosts;
            self.hosts_seen = store.hosts_from(self.hosts_seen, |id, name| {
                hosts.insert(name.to_ascii_lowercase().into(), id);
            });
        }
        if let Some(&id) = self.hosts.get(name) {
            if self.spellings.len() >= MAX_SPELLINGS {
                self.spellings.clear();
            }
            self.spellings.insert(raw.into(), id);
            return HostLabel::Known(id);
        }
        match max {
            None => HostLabel::Known(FOLDED_HOST_ID),
            Some(max) if store.has_all_hosts(max) => HostLabel::Beyond,
            Some(_) => HostLabel::Unseen(name.into()),
        }
    }

    /// The route of a pattern.
    pub(super) fn route(&mut self, store: &Store, pattern: &str) -> Route {
        if let Some(&route) = self.routes.get(pattern) {
            return route;
        }
        let excluded = store.settings().excluded.contains(pattern);
        let route = (!excluded).then(|| store.path(pattern));
        self.routes.insert(pattern.into(), route);
        route
    }

    /// The route of a request that matches none.
    pub(super) fn no_endpoint(&mut self, store: &Store) -> Route {
        if store.settings().excluded.is_empty() {
            return Some(NO_ENDPOINT_ID);
        }
        self.route(store, NO_ENDPOINT)
    }

    /// Calls `record` with the series of these labels, or of what they are folded into.
    pub(super) fn with_series<R>(
        &mut self,
        store: &Store,
        labels: LabelIds,
        record: impl FnOnce(&Arc<Series>) -> R,
    ) -> R {
        match self.series.get(&labels.key()) {
            Some(series) => record(series),
            None => record(&self.unseen_series(store, labels)),
        }
    }

    /// The series of labels that are not here: made, or folded into another when there are too
    /// many. At the caps, all that is needed is here and the store's lock is left alone.
    #[cold]
    fn unseen_series(&mut self, store: &Store, labels: LabelIds) -> Arc<Series> {
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
            ..without_host
        };

        if let Some(series) = self.series_below(store, labels, max) {
            return series;
        }
        if let Some(series) = self.series_below(store, without_host, max.saturating_mul(2)) {
            if without_host.host != labels.host {
                store.folded.host.fetch_add(1, Relaxed);
            }
            return series;
        }
        store.folded.path.fetch_add(1, Relaxed);
        loop {
            if let Some(series) = self.series_below(store, without_path, usize::MAX) {
                return series;
            }
        }
    }

    /// The series of exactly these labels: from here, or made if there are fewer than `limit`.
    fn series_below(
        &mut self,
        store: &Store,
        labels: LabelIds,
        limit: usize,
    ) -> Option<Arc<Series>> {
        let key = labels.key();
        loop {
            if let Some(series) = self.series.get(&key) {
                return Some(Arc::clone(series));
            }
            if self.series_seen == store.series_len() {
                if self.series_seen >= limit {
                    return None;
                }
                store.create_series(labels, self.series_seen, limit);
            }
            let series = &mut self.series;
            self.series_seen = store.series_from(self.series_seen, |key, new| {
                series.insert(key, Arc::clone(new));
            });
        }
    }

    /// The gauge of active requests of a method and a host.
    pub(super) fn active(&mut self, store: &Store, key: ActiveKey) -> Arc<Active> {
        loop {
            if let Some(active) = self.active.get(&key) {
                return Arc::clone(active);
            }
            if self.active_seen == store.active_len() {
                store.create_active(key);
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
