//! The caps, and two workers that race.

use std::{collections::HashSet, rc::Rc};

use actix_web::test::TestRequest;

use super::*;
use crate::requests::{
    keys::{FOLDED_HOST_ID, NO_ENDPOINT_ID},
    labels::Method,
    recorder::Recorder,
    recording::Recording,
};

pub(in crate::requests) fn settings(max_hosts: usize) -> Settings {
    Settings {
        buckets: [1.0].into(),
        bounds: [1_000_000_000].into(),
        hosts: Hosts::FirstSeen(max_hosts),
        max_label_sets: 2,
        excluded: HashSet::new(),
        error_kinds: Vec::new(),
        blocking: None,
        extended: false,
        native_histograms: false,
        exemplars: false,
        opentelemetry: None,
    }
}

fn store(max_hosts: usize) -> Store {
    Store::new(settings(max_hosts), Box::new(()))
}

/// Other workers may create an entry after a worker has read the length and before it takes the
/// lock.
#[test]
fn entries_of_another_worker_are_not_created_again() {
    let store = store(1);
    let labels = |code| LabelIds {
        head: Method::Get.into(),
        host: FOLDED_HOST_ID,
        path: NO_ENDPOINT_ID,
        code,
    };
    for (code, expected) in [(200, 1), (200, 1), (404, 2), (404, 2), (500, 2)] {
        store.create_series(labels(code), 0, 2);
        assert_eq!(store.series_len(), expected, "{code}");
    }
    for (method, expected) in [(Method::Get, 1), (Method::Get, 1), (Method::Put, 2)] {
        store.create_active(method.into(), FOLDED_HOST_ID, 0);
        assert_eq!(store.active_len(), expected, "{method:?}");
    }
    for (kind, expected) in [(PANIC, 1), ("io", 2), ("io", 2)] {
        store.error(kind);
        assert_eq!(store.errors_len(), expected, "{kind}");
    }
}

#[test]
fn error_kinds_are_capped() {
    let store = store(1);
    for kind in 0..=MAX_ERROR_KINDS {
        store.error(&kind.to_string());
    }
    assert_eq!(store.errors_len(), MAX_ERROR_KINDS);
}

#[test]
fn hosts_are_capped() {
    let store = store(3);
    let ids = ["a", "b", "c", "d", "e", "b"].map(|host| store.claim_host(host));
    assert_eq!(ids, [Some(2), Some(3), Some(4), None, None, Some(3)]);
}

/// Otherwise the next recorder and this one would write the same cells.
#[test]
fn a_shard_stays_with_its_recorder_until_the_last_recording_ends() {
    let store = Arc::new(store(1));
    let idle = || lock(&store.idle).len();
    let start = |recorder: &Rc<Recorder>| {
        Recording::start(recorder, &mut TestRequest::default().to_srv_request())
    };

    let recorder = Rc::new(Recorder::new(Arc::clone(&store)));
    let recording = start(&recorder);
    drop(recorder);
    assert_eq!(idle(), 0);
    drop(recording);
    assert_eq!(idle(), 1);

    let heir = Rc::new(Recorder::new(Arc::clone(&store)));
    let other = Rc::new(Recorder::new(Arc::clone(&store)));
    assert_eq!(idle(), 0);
    for recorder in [&heir, &other, &heir] {
        drop(start(recorder));
    }
    let mut counts = Vec::new();
    store.series_from(0, |_, series| {
        counts.extend(series.parts().map(|part| part.duration.cells.count()));
    });
    // The next recorder continues the counts of the first.
    assert_eq!(counts, [3, 1]);
}

/// An exemplar is about as long as its line.
#[test]
fn exemplars_count_as_cost() {
    let cost = |exemplars, series| {
        let settings = Settings {
            exemplars,
            ..settings(1)
        };
        let store = Store::new(settings, Box::new(()));
        for code in 0..series {
            let labels = LabelIds {
                head: Method::Get.into(),
                host: FOLDED_HOST_ID,
                path: NO_ENDPOINT_ID,
                code,
            };
            store.create_series(labels, 0, usize::MAX);
        }
        match store.cost() {
            Cost::Bytes(bytes) => bytes,
            Cost::Foreign => usize::MAX,
        }
    };
    let of_series = |exemplars| cost(exemplars, 2) - cost(exemplars, 1);
    assert_eq!(of_series(true), 2 * of_series(false));
}
