//! A recorder's cache of the [`Store`], and its counters, so that recording takes no lock.
//!
//! The store only grows, and its length can be read without a lock. If the lengths match, a key
//! that is missing here does not exist.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use actix_web::{HttpRequest, http::StatusCode};

use super::{
    Hosts,
    answers::{Answer, AnswerKey, Answers},
    append_only::Map,
    cached_map::CachedMap,
    events::Cap,
    hosts::{HostLabel, Spellings},
    keys::{
        FOLDED_HOST_ID, FOLDED_PATH_ID, Fold, Head, HostId, Key, LabelIds, NO_ENDPOINT_ID, PathId,
        SeriesId,
    },
    labels::Host,
    routes::{Route, Routes},
    shape::Matched,
    shard::{IdleShard, Shard},
    store::Store,
};
use crate::exposition::exemplars::Exemplars;

/// The number of a gauge of active requests in the store.
pub(super) type ActiveId = usize;

#[derive(Debug)]
pub(super) struct WorkerCache {
    pub(super) spellings: Spellings,
    pub(super) routes: Routes,
    pub(super) shard: Shard,
    answers: Answers,
    series: CachedMap<Key, SeriesId>,
    series_seen: usize,
    errors: Map<Arc<str>, Arc<AtomicU64>>,
    errors_seen: usize,
    active: CachedMap<Key, ActiveId>,
    active_seen: usize,
    /// The caps that were reached.
    hosts_cap: Option<Cap>,
    label_sets_cap: Option<Cap>,
    has_news: bool,
}

/// The labels of a response, except its path.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResponseLabels<'h> {
    pub(super) head: Head,
    pub(super) host: &'h HostLabel,
    pub(super) code: u16,
}

/// Events to report.
#[derive(Debug)]
pub(super) struct News {
    pub(super) new_route: bool,
    pub(super) caps: [Option<Cap>; 2],
}

impl WorkerCache {
    pub(super) fn new(shard: Shard) -> Self {
        Self {
            spellings: Spellings::default(),
            routes: Routes::default(),
            shard,
            answers: Answers::default(),
            series: CachedMap::default(),
            series_seen: 0,
            errors: Map::default(),
            errors_seen: 0,
            active: CachedMap::default(),
            active_seen: 0,
            hosts_cap: None,
            label_sets_cap: None,
            has_news: false,
        }
    }

    /// Takes the shard away. Nothing is written to it any more.
    pub(super) fn take_shard(&mut self) -> Shard {
        mem::replace(&mut self.shard, Shard::new(IdleShard::default()))
    }

    /// Records a response, and returns the series that it was recorded under; `None` if no
    /// answer is cached. `nanos`: the duration of the request.
    ///
    /// Nearly all requests are recorded here. [`record_response`](Self::record_response) records
    /// the rest.
    #[inline(always)]
    pub(super) fn record_known(
        &mut self,
        store: &Store,
        matched: &Matched<'_>,
        labels: ResponseLabels<'_>,
        nanos: u64,
    ) -> Option<SeriesId> {
        let ResponseLabels { head, host, code } = labels;
        let key = AnswerKey::new(matched, head, host, code)?;
        let answer = self.answers.get(&key)?;
        if !matched.is_exact() && !self.routes.is_of(answer.shape, matched) {
            return None;
        }
        let part = self.shard.series(answer.series)?;
        if answer.fold != Fold::Nothing {
            store.count_folded(answer.fold);
        }
        part.record(&store.settings().bounds, nanos);
        Some(answer.series)
    }

    /// Records a response without a cached answer, and caches the answer if there is one.
    pub(super) fn record_response(
        &mut self,
        store: &Store,
        (req, status): (&HttpRequest, StatusCode),
        matched: Option<&Matched<'_>>,
        labels: ResponseLabels<'_>,
        nanos: u64,
    ) -> Option<SeriesId> {
        let ResponseLabels { head, host, code } = labels;
        let (route, shape) = self.routes.of_request(store, req, status, matched);
        let recorded = self.record(store, route, head, host, code, nanos);
        if let (Some(shape), Some(matched)) = (shape, matched)
            && let Some((series, fold)) = recorded
            && let Some(key) = AnswerKey::new(matched, head, host, code)
            && self.answers.get(&key).is_none()
        {
            let answer = Answer::new(key, series, shape, fold);
            self.answers.insert(answer);
        }
        recorded.map(|(series, _)| series)
    }

    /// Records a duration, in nanoseconds. Returns the series that it was recorded in, and what was
    /// folded: nothing on an excluded route.
    #[inline(always)]
    pub(super) fn record(
        &mut self,
        store: &Store,
        route: Route,
        head: Head,
        host: &HostLabel,
        code: u16,
        nanos: u64,
    ) -> Option<(SeriesId, Fold)> {
        let path = route?;
        let host = host_id(store, host, path);
        let labels = LabelIds {
            head,
            path,
            host: host.unwrap_or(FOLDED_HOST_ID),
            code,
        };
        let (id, fold) = match self.series.get(&labels.key()) {
            Some(id) if host.is_none() => (id, self.fold_host(store)),
            Some(id) => (id, Fold::Nothing),
            None => self.unseen_series(store, labels, host.is_none()),
        };
        store.count_folded(fold);
        if self.shard.series(id).is_none() {
            self.add_series_part(store, id);
        }
        self.shard
            .series(id)?
            .record(&store.settings().bounds, nanos);
        Some((id, fold))
    }

    /// The exemplars of a series, if exemplars are on.
    pub(super) fn exemplars(&self, series: Option<SeriesId>) -> Option<&Exemplars> {
        self.shard.series(series?)?.exemplars()
    }

    #[cold]
    fn add_series_part(&mut self, store: &Store, id: SeriesId) {
        if let Some(part) = store.add_series_part(id) {
            self.shard.add_series(id, part);
        }
    }

    /// The series of labels that are not in the cache: created, or folded into another series if
    /// there are too many. Once the caps are reached, the cache has everything, and the store's
    /// lock is not taken.
    ///
    /// A request is counted as folded once, for the label that it lost last.
    #[cold]
    fn unseen_series(
        &mut self,
        store: &Store,
        labels: LabelIds,
        host_folded: bool,
    ) -> (SeriesId, Fold) {
        let max = store.settings().max_label_sets;
        let without_host = LabelIds {
            host: match store.settings().hosts {
                Hosts::Unlabelled => labels.host,
                Hosts::Listed(_) | Hosts::FirstSeen(_) => FOLDED_HOST_ID,
            },
            ..labels
        };
        let without_path = LabelIds {
            head: labels.head.without_version(),
            path: FOLDED_PATH_ID,
            code: labels.code / 100,
            ..without_host
        };

        if let Some(id) = self.series_below(store, labels, max) {
            let fold = if host_folded {
                self.fold_host(store)
            } else {
                Fold::Nothing
            };
            return (id, fold);
        }
        if let Some(id) = self.series_below(store, without_host, max.saturating_mul(2)) {
            let fold = if without_host.host != labels.host {
                self.cap_reached(Cap::LabelSets(max));
                Fold::Host
            } else if host_folded {
                self.fold_host(store)
            } else {
                Fold::Nothing
            };
            return (id, fold);
        }
        self.cap_reached(Cap::LabelSets(max));
        let id = self
            .series_below(store, without_path, usize::MAX)
            .expect("there are never as many series as `usize::MAX`");
        (id, Fold::Path)
    }

    /// Notes that a host has no number.
    fn fold_host(&mut self, store: &Store) -> Fold {
        if let Hosts::FirstSeen(max) = store.settings().hosts {
            self.cap_reached(Cap::Hosts(max));
        }
        Fold::Host
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

    /// Events since the last call: a new route, and caps that were reached.
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

    /// The series of exactly these labels: from the cache, or created if there are fewer than
    /// `limit` series.
    fn series_below(&mut self, store: &Store, labels: LabelIds, limit: usize) -> Option<SeriesId> {
        let key = labels.key();
        loop {
            if let Some(id) = self.series.get(&key) {
                return Some(id);
            }
            let seen = self.series_seen;
            if seen == store.series_len() {
                if seen >= limit {
                    return None;
                }
                store.create_series(labels, seen, limit);
            }
            let (ids, mut id) = (&mut self.series, seen);
            self.series_seen = store.series_from(seen, |key, _| {
                ids.insert(key, id);
                id += 1;
            });
        }
    }

    /// Adds a request of a head and a host to the requests in flight. If there are as many gauges
    /// as the cap on label sets allows, the request is counted under `_other` as its host.
    pub(super) fn raise(&mut self, store: &Store, head: Head, host: HostId) -> ActiveId {
        let id = match self.active.get(&Key::of_active(head, host)) {
            Some(id) => id,
            None => self.unseen_active(store, head, host),
        };
        if self.shard.active(id).is_none()
            && let Some(part) = store.add_active_part(id)
        {
            self.shard.add_active(id, part);
        }
        self.add_active(id, 1);
        id
    }

    /// Removes a request from the requests in flight.
    pub(super) fn lower(&self, id: ActiveId) {
        self.add_active(id, -1);
    }

    fn add_active(&self, id: ActiveId, amount: i64) {
        if let Some(gauge) = self.shard.active(id) {
            gauge.add(amount);
        }
    }

    #[cold]
    fn unseen_active(&mut self, store: &Store, head: Head, mut host: HostId) -> ActiveId {
        loop {
            if let Some(id) = self.active.get(&Key::of_active(head, host)) {
                return id;
            }
            let seen = self.active_seen;
            if seen == store.active_len() {
                if seen >= store.settings().max_label_sets {
                    host = FOLDED_HOST_ID;
                }
                store.create_active(head, host, seen);
            }
            let (ids, mut id) = (&mut self.active, seen);
            self.active_seen = store.active_from(seen, |key, _| {
                ids.insert(key, id);
                id += 1;
            });
        }
    }

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

/// The number of a host, once it is known whether the request has a route. Only a host of such a
/// request gets a number. `None` means that it should get one, but the cap is reached.
#[inline]
fn host_id(store: &Store, host: &HostLabel, path: PathId) -> Option<HostId> {
    match host {
        HostLabel::Known(id) => Some(*id),
        HostLabel::Unseen(_) | HostLabel::Beyond if path == NO_ENDPOINT_ID => Some(FOLDED_HOST_ID),
        HostLabel::Unseen(raw) => Host::parse(raw).and_then(|host| store.claim_host(host.as_str())),
        HostLabel::Beyond => None,
    }
}
