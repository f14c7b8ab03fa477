//! The caps, and two workers that come at once.

use std::collections::HashSet;

use super::*;

fn store(max_hosts: usize) -> Store {
    Store::new(Settings {
        buckets: [1.0].into(),
        bounds: [1_000_000_000].into(),
        hosts: Hosts::FirstSeen(max_hosts),
        max_label_sets: 2,
        excluded: HashSet::new(),
        error_kinds: Vec::new(),
        extended: false,
        native_histograms: false,
    })
}

/// Between a worker's look at a length and its taking the lock, others may have come.
#[test]
fn what_another_worker_made_is_not_made_again() {
    let store = store(1);
    let labels = |code| LabelIds {
        method: Method::Get,
        host: FOLDED_HOST_ID,
        path: NO_ENDPOINT_ID,
        code,
    };
    for (code, expected) in [(200, 1), (200, 1), (404, 2), (404, 2), (500, 2)] {
        store.create_series(labels(code), 0, 2);
        assert_eq!(store.series_len(), expected, "{code}");
    }
    for (method, expected) in [(Method::Get, 1), (Method::Get, 1), (Method::Put, 2)] {
        store.create_active((method, FOLDED_HOST_ID), 0);
        assert_eq!(store.active_len(), expected, "{method:?}");
    }
    for (kind, expected) in [(PANIC, 1), ("io", 2), ("io", 2)] {
        store.error(kind);
        assert_eq!(store.errors_len(), expected, "{kind}");
    }
}

#[test]
fn kinds_of_errors_take_as_many_places_as_there_are() {
    let store = store(1);
    for kind in 0..=MAX_ERROR_KINDS {
        store.error(&kind.to_string());
    }
    assert_eq!(store.errors_len(), MAX_ERROR_KINDS);
}

#[test]
fn hosts_take_as_many_places_as_there_are() {
    let store = store(3);
    let ids = ["a", "b", "c", "d", "e", "b"].map(|host| store.claim_host(host));
    assert_eq!(ids, [2, 3, 4, FOLDED_HOST_ID, FOLDED_HOST_ID, 3]);
    assert_eq!(store.folded.host.load(Relaxed), 2);
    assert!(store.has_all_hosts(3));
    assert!(!store.has_all_hosts(4));
}
