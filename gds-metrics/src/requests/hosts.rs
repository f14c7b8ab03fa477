//! A worker's memory of how requests spell hosts.

use std::rc::Rc;

use super::{
    Hosts,
    labels::Host,
    recent::RecentMap,
    store::{FOLDED_HOST_ID, HostId, INVALID_HOST_ID, Store},
    tables::Map,
};

/// Spellings that a worker remembers. A client can invent spellings (`APP.example`), so there must
/// be a bound; past it the memory starts anew.
const MAX_SPELLINGS: usize = 256;

/// The host of a request, before it is known whether the request has a route.
#[derive(Debug)]
pub(super) enum HostLabel {
    Known(HostId),
    /// All places are taken by others.
    Beyond,
    /// Not seen yet; takes a place if the request has a route.
    Unseen(Box<str>),
}

#[derive(Debug, Default)]
pub(super) struct Spellings {
    ids: RecentMap<Rc<[u8]>, HostId>,
    /// A mirror of the store's.
    hosts: Map<Box<str>, HostId>,
    hosts_seen: usize,
}

impl Spellings {
    /// The label of a host as a request spells it.
    #[inline(always)]
    pub(super) fn label(&mut self, store: &Store, raw: &[u8]) -> HostLabel {
        match self.ids.get(raw) {
            Some(id) => HostLabel::Known(id),
            None => self.new_label(store, raw),
        }
    }

    #[inline(never)]
    fn new_label(&mut self, store: &Store, raw: &[u8]) -> HostLabel {
        let Some(host) = Host::parse(raw) else {
            return HostLabel::Known(INVALID_HOST_ID);
        };
        let (name, max) = match store.settings().hosts {
            Hosts::FirstSeen(max) => (host.as_str(), Some(max)),
            Hosts::Listed(_) | Hosts::Unlabelled => (host.name(), None),
        };

        if self.hosts_seen != store.hosts_len() {
            let hosts = &mut self.hosts;
            self.hosts_seen = store.hosts_from(self.hosts_seen, |id, name| {
                hosts.insert(name.to_ascii_lowercase().into(), id);
            });
        }
        if let Some(&id) = self.hosts.get(name) {
            if self.ids.len() >= MAX_SPELLINGS {
                self.ids.clear();
            }
            self.ids.insert(raw.into(), id);
            return HostLabel::Known(id);
        }
        match max {
            None => HostLabel::Known(FOLDED_HOST_ID),
            Some(max) if store.has_all_hosts(max) => HostLabel::Beyond,
            Some(_) => HostLabel::Unseen(name.into()),
        }
    }
}
