//! The standard HTTP metrics: recording requests, and writing the metrics.

mod answers;
mod append_only;
mod blocking;
mod body_observer;
mod cached_map;
mod cells;
mod events;
mod exchange;
mod families;
mod hosts;
mod keys;
mod label_text;
mod labels;
mod opentelemetry;
mod proxies;
mod recorder;
mod recording;
mod routes;
mod shape;
mod shard;
mod sharded;
mod store;
mod timed;
mod trace;
mod unwind;
mod worker_cache;

use std::{collections::HashSet, fmt, time::Duration};

use actix_web::{Error, dev::ServiceRequest};

pub(crate) use self::{
    body_observer::BodyObserver,
    events::{Cap, Events},
    families::FAMILIES,
    labels::{FOLDED, Host},
    opentelemetry::{KnownMethods, MAX_FURTHER_METHODS, OpenTelemetry},
    proxies::contains,
    recorder::Recorder,
    recording::Recording,
    store::{MAX_HOSTS, Store},
    unwind::OnUnwind,
};
use self::{
    keys::{Head, code},
    labels::Method,
};

/// The settings of the standard metrics, already validated.
pub(crate) struct Settings {
    /// Upper bounds in seconds, ascending, without `+Inf`.
    pub(crate) buckets: Box<[f64]>,
    /// The same bounds in nanoseconds, see [`nanos_of`].
    pub(crate) bounds: Box<[u64]>,
    pub(crate) hosts: Hosts,
    pub(crate) max_label_sets: usize,
    /// Patterns that are not recorded.
    pub(crate) excluded: HashSet<String>,
    pub(crate) error_kinds: Vec<(IsError, Box<str>)>,
    /// Whether the extended group is on.
    pub(crate) extended: bool,
    /// A poll that blocks its worker for longer is counted. `None` if polls are not timed.
    pub(crate) blocking: Option<Duration>,
    /// Whether histograms also have native buckets.
    pub(crate) native_histograms: bool,
    /// Whether histograms have exemplars.
    pub(crate) exemplars: bool,
    /// `None` if the labels have this crate's own names.
    pub(crate) opentelemetry: Option<OpenTelemetry>,
}

/// The bucket of a value. Most values are small, so the search starts at the first bucket.
fn bucket(bounds: &[u64], value: u64) -> usize {
    let found = bounds.iter().position(|&bound| value <= bound);
    found.unwrap_or(bounds.len())
}

/// A duration in nanoseconds, the unit of all recorded durations.
fn nanos(duration: Duration) -> u64 {
    // Cheaper than `as_nanos`, which returns a `u128`.
    let seconds = duration.as_secs().saturating_mul(1_000_000_000);
    seconds.saturating_add(u64::from(duration.subsec_nanos()))
}

/// Upper bounds, converted from seconds to nanoseconds.
pub(crate) fn nanos_of(buckets: &[f64]) -> Box<[u64]> {
    // The cast saturates: no duration is longer.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    buckets
        .iter()
        .map(|bound| (bound * 1e9).round() as u64)
        .collect()
}

/// Whether an error has a certain type.
pub(crate) type IsError = fn(&Error) -> bool;

/// The hosts that the `host` label distinguishes.
#[derive(Debug)]
pub(crate) enum Hosts {
    /// There is no such label.
    Unlabelled,
    /// These names, whatever port or case a request writes.
    Listed(Vec<String>),
    /// The first hosts that are seen on requests with a route, up to this number.
    FirstSeen(usize),
}

impl Settings {
    /// The labels from the head of a request.
    #[inline(always)]
    fn head(&self, req: &ServiceRequest, method: Method) -> Head {
        match &self.opentelemetry {
            None => method.into(),
            Some(names) => names.head(req, method),
        }
    }

    /// The code of a request that ended without a head: the client disconnected, or an outer layer
    /// stopped waiting.
    fn cancelled(&self) -> u16 {
        /// nginx uses this number.
        const CLIENT_CLOSED_REQUEST: u16 = 499;
        match self.opentelemetry {
            None => CLIENT_CLOSED_REQUEST,
            Some(_) => code::CANCELLED,
        }
    }

    /// The code of a request that panicked.
    fn panicked(&self) -> u16 {
        match self.opentelemetry {
            None => 500,
            Some(_) => code::PANICKED,
        }
    }

    pub(crate) fn has_host_label(&self) -> bool {
        !matches!(self.hosts, Hosts::Unlabelled)
    }

    fn listed_hosts(&self) -> &[String] {
        match &self.hosts {
            Hosts::Listed(hosts) => hosts,
            Hosts::Unlabelled | Hosts::FirstSeen(_) => &[],
        }
    }

    /// Enough for all kinds that the settings name.
    fn max_error_kinds(&self) -> usize {
        store::MAX_ERROR_KINDS.max(self.error_kinds.len() + 1)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("buckets", &self.buckets)
            .field("hosts", &self.hosts)
            .field("max_label_sets", &self.max_label_sets)
            .field("excluded", &self.excluded)
            .field("extended", &self.extended)
            .field("blocking", &self.blocking)
            .field("opentelemetry", &self.opentelemetry)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_inclusive() {
        let bounds = nanos_of(&[0.005, 0.01, 1.0, 1e12]);
        assert_eq!(*bounds, [5_000_000, 10_000_000, 1_000_000_000, u64::MAX]);
        for (value, expected) in [
            (0, 0),
            (5_000_000, 0),
            (5_000_001, 1),
            (10_000_000, 1),
            (10_000_001, 2),
            (1_000_000_000, 2),
            (1_000_000_001, 3),
            (u64::MAX, 3),
        ] {
            assert_eq!(bucket(&bounds, value), expected, "{value}");
        }
        assert_eq!(bucket(&[1, 2], 3), 2, "+Inf");
    }

    #[test]
    fn durations() {
        assert_eq!(nanos(Duration::new(2, 3)), 2_000_000_003);
        assert_eq!(nanos(Duration::MAX), u64::MAX);
    }
}
