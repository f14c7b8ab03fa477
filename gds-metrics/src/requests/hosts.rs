//! A worker's cache of host spellings: a host can be written in several ways.

use std::rc::Rc;

use super::{
    Hosts,
    append_only::Map,
    cached_map::CachedMap,
    keys::{FOLDED_HOST_ID, HostId, INVALID_HOST_ID},
    labels::Host,
    store::{Store, UNCLAIMED_HOSTS, of_any_port},
};

/// The maximum number of spellings in each of the two maps. A client can invent spellings
/// (`APP.example`), so they must be bounded; beyond the limit, the map is cleared.
const MAX_SPELLINGS: usize = 256;

/// The host of a request, before it is known whether the request has a route.
#[derive(Debug)]
pub(super) enum HostLabel {
    Known(HostId),
    /// The host has no number, and the cap is reached.
    Beyond,
    /// The host has no number yet, and gets one if the request has a route. This is its spelling in
    /// the request.
    Unseen(Rc<[u8]>),
}

#[derive(Debug, Default)]
pub(super) struct Spellings {
    known: CachedMap<Rc<[u8]>, HostId>,
    /// Spellings of hosts without a number. They have a map of their own, because clients invent
    /// them more often.
    unknown: CachedMap<Rc<[u8]>, ()>,
    /// The numbers of the hosts in the store.
    hosts: Map<Box<str>, HostId>,
    hosts_seen: usize,
    /// Whether no further host can get a number. Then the unknown spellings stay unknown.
    is_full: bool,
}

impl Spellings {
    /// The label of a host, from its spelling in the request.
    #[inline(always)]
    pub(super) fn label(&mut self, store: &Store, raw: &[u8]) -> HostLabel {
        match self.known.get_cached(raw) {
            Some((_, id)) => HostLabel::Known(*id),
            None if self.is_full && self.unknown.get_cached(raw).is_some() => HostLabel::Beyond,
            None => self.other_label(store, raw),
        }
    }

    #[inline(never)]
    fn other_label(&mut self, store: &Store, raw: &[u8]) -> HostLabel {
        if self.hosts_seen != store.hosts_len() {
            self.see_hosts(store);
        }
        // The small table of unknown spellings comes before the map of known ones: no spelling is
        // in both.
        if let Some((raw, ())) = self.unknown.get_cached(raw) {
            let raw = Rc::clone(raw);
            return self.unknown_label(store, raw);
        }
        if let Some(id) = self.known.get_other(raw) {
            return HostLabel::Known(id);
        }
        match self.unknown.get_key(raw) {
            Some(raw) => self.unknown_label(store, raw),
            None => match self.learn(store, raw) {
                Ok(id) => HostLabel::Known(id),
                Err(raw) => self.unknown_label(store, raw),
            },
        }
    }

    /// Learns a new spelling: returns the number of the host, or the spelling if the host has no
    /// number.
    #[cold]
    fn learn(&mut self, store: &Store, raw: &[u8]) -> Result<HostId, Rc<[u8]>> {
        let Some(host) = Host::parse(raw) else {
            // Not cached, because the text may be long.
            return Ok(INVALID_HOST_ID);
        };
        let spelling: Rc<[u8]> = raw.into();
        match self.number(store, &host) {
            Some(id) => {
                self.known.insert_bounded(spelling, id, MAX_SPELLINGS);
                Ok(id)
            }
            None => {
                let unknown = Rc::clone(&spelling);
                self.unknown.insert_bounded(unknown, (), MAX_SPELLINGS);
                Err(spelling)
            }
        }
    }

    fn number(&self, store: &Store, host: &Host) -> Option<HostId> {
        let settings = store.settings();
        let number = match settings.hosts {
            Hosts::FirstSeen(_) => self.hosts.get(host.as_str()),
            Hosts::Listed(_) if settings.opentelemetry.is_some() => {
                let exact = self.hosts.get(host.as_str());
                exact.or_else(|| self.hosts.get(&*of_any_port(host.name())))
            }
            Hosts::Listed(_) | Hosts::Unlabelled => self.hosts.get(host.name()),
        };
        number.copied()
    }

    /// Learns the hosts that were numbered since the last call.
    #[cold]
    fn see_hosts(&mut self, store: &Store) {
        let hosts = &mut self.hosts;
        self.hosts_seen = store.hosts_from(self.hosts_seen, |id, name| {
            hosts.insert(name.to_ascii_lowercase().into(), id);
        });
        if store.settings().opentelemetry.is_some() {
            // A listed host may have a number for a further port now.
            self.known.clear();
        }
        // Some of these spellings may have a number now.
        self.unknown.clear();
    }

    /// The label of a host that has no number.
    fn unknown_label(&mut self, store: &Store, raw: Rc<[u8]>) -> HostLabel {
        match store.settings().hosts {
            Hosts::Listed(_) | Hosts::Unlabelled => HostLabel::Known(FOLDED_HOST_ID),
            // Not decided by the store: another worker may have given this host the last number since
            // the look-up.
            Hosts::FirstSeen(max) if self.hosts_seen >= max + UNCLAIMED_HOSTS => {
                self.is_full = true;
                HostLabel::Beyond
            }
            Hosts::FirstSeen(_) => HostLabel::Unseen(raw),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::{OpenTelemetry, Settings, store::tests::settings};

    /// Another worker gives the last number to this host, between two steps of the look-up.
    #[test]
    fn a_host_that_gets_the_last_number_is_not_beyond_the_cap() {
        let store = Store::new(settings(1), Box::new(()));
        let mut spellings = Spellings::default();
        spellings.see_hosts(&store);
        let raw = spellings.learn(&store, b"a").expect_err("no number");
        let id = store.claim_host("a").expect("the last number");
        let label = spellings.unknown_label(&store, raw);
        assert!(matches!(label, HostLabel::Unseen(_)), "{label:?}");
        let label = spellings.label(&store, b"a");
        assert!(matches!(label, HostLabel::Known(known) if known == id));
        let label = spellings.label(&store, b"b");
        assert!(matches!(label, HostLabel::Beyond), "{label:?}");
    }

    /// With OpenTelemetry's names, a listed host has a number for each port that the server listens on.
    #[test]
    fn spellings_are_learnt_again_when_another_socket_listens() {
        let settings = Settings {
            hosts: Hosts::Listed(vec!["a.example".into()]),
            opentelemetry: Some(OpenTelemetry::default()),
            ..settings(1)
        };
        let store = Store::new(settings, Box::new(()));
        let mut spellings = Spellings::default();
        for (port, expected) in [(8080, "a.example:"), (8443, "a.example:8443")] {
            store.listens_on(port);
            let name = match spellings.label(&store, b"a.example:8443") {
                HostLabel::Known(id) => Some(store.host_name(id)),
                HostLabel::Beyond | HostLabel::Unseen(_) => None,
            };
            assert_eq!(name.as_deref(), Some(expected));
        }
    }
}
