use std::{
    fmt::Write as _,
    hash::{Hash, Hasher},
    panic,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, LabelSetEncoder},
    metrics::counter::Counter,
};

use super::*;
use crate::exposition::{Format, Header, open};

type Pairs = Vec<(String, String)>;

fn pairs(labels: &[(&str, &str)]) -> Pairs {
    let owned = labels.iter().map(|(n, v)| ((*n).into(), (*v).into()));
    owned.collect()
}

fn limited(max_series: usize) -> Family<Pairs, Counter> {
    Family::new(Options {
        name: "jobs".into(),
        max_series,
        constant_labels: "team=\"x\"".into(),
        ..Options::default()
    })
}

/// The lines of the samples.
fn exposed(family: &dyn Exposed) -> Vec<String> {
    let mut text = Vec::new();
    let mut writer = open(Format::Text, &mut text);
    writer.family(&Header {
        name: "jobs",
        kind: MetricKind::Counter,
        unit: None,
        help: "",
    });
    family.write(&mut *writer);
    writer.finish();
    drop(writer);
    let text = String::from_utf8(text).expect("text");
    text.lines().skip(2).map(str::to_owned).collect()
}

#[test]
fn series_are_sorted_and_have_the_constant_labels_first() {
    let family = limited(10);
    for queue in ["b", "c", "a"] {
        family.get_or_create(&pairs(&[("queue", queue)])).inc();
    }
    assert_eq!(
        exposed(&family),
        ["a", "b", "c"].map(|q| format!("jobs_total{{team=\"x\",queue=\"{q}\"}} 1"))
    );
}

#[test]
fn long_labels_count_in_what_a_scrape_costs() {
    let family = limited(10);
    let long = "x".repeat(50_000);
    family.get_or_create(&pairs(&[("queue", &long)])).inc();
    let len = |family: &Family<Pairs, Counter>| family.label_bytes();
    assert!((50_000..50_100).contains(&len(&family)));
    family.remove(&pairs(&[("queue", &long)]));
    assert_eq!(len(&family), 0);
    family.get_or_create(&pairs(&[("queue", &long)])).inc();
    family.clear();
    assert_eq!(len(&family), 0);
}

#[test]
fn label_sets_that_are_written_alike_are_one_series() {
    let family = limited(10);
    family
        .get_or_create(&pairs(&[("a", "1"), ("b", "2")]))
        .inc();
    family
        .get_or_create(&pairs(&[("b", "2"), ("a", "1")]))
        .inc();
    family
        .get_or_create(&pairs(&[("a", "1"), ("b", "2"), ("c", "")]))
        .inc();
    assert_eq!(
        exposed(&family),
        ["jobs_total{team=\"x\",a=\"1\",b=\"2\"} 3"]
    );
    assert!(family.remove(&pairs(&[("a", "1"), ("b", "2")])));
    assert_eq!(exposed(&family).len(), 1, "two label sets have it still");
}

#[test]
fn what_is_beyond_the_limit_is_counted_as_other() {
    let family = limited(2);
    for queue in ["a", "b", "c", "d", "c"] {
        family.get_or_create(&pairs(&[("queue", queue)])).inc();
    }
    let other = "jobs_total{team=\"x\",queue=\"_other\"} 3";
    assert!(exposed(&family).contains(&other.to_owned()));
    assert_eq!((family.folded(), family.len()), (Some(3), 2));

    // A place that is free again is taken by the next.
    assert!(family.remove(&pairs(&[("queue", "a")])));
    family.get_or_create(&pairs(&[("queue", "e")])).inc();
    assert_eq!((family.folded(), family.len()), (Some(3), 2));
    family.clear();
    assert_eq!(exposed(&family), [""; 0]);
    assert!(family.is_empty());
}

/// A label set whose code is the application's.
#[derive(Clone, Debug)]
struct Odd {
    family: Option<Family<Odd, Counter>>,
    encode: fn(&mut LabelSetEncoder<'_>) -> fmt::Result,
    id: u8,
}

impl PartialEq for Odd {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Odd {}

impl Hash for Odd {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl EncodeLabelSet for Odd {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        if let Some(family) = &self.family {
            // Waits for ever if a lock is held.
            assert!(
                family.len() < 10
                    && !family.remove(&Self {
                        family: None,
                        ..self.clone()
                    })
            );
            let _ = exposed(family);
        }
        (self.encode)(encoder)
    }
}

#[test]
#[allow(clippy::panic)]
fn an_encoder_that_fails_or_panics_costs_its_series_alone() {
    panic::set_hook(Box::new(|_| {}));
    let family: Family<Odd, Counter> = Family::default();
    let encoders: [fn(&mut LabelSetEncoder<'_>) -> fmt::Result; 4] = [
        |_| Err(fmt::Error),
        |_| panic!("a label's own code"),
        |encoder| encoder.encode_label().encode_label_key()?.write_str("a"),
        |encoder| [("good", 1)].encode(encoder),
    ];
    for (id, encode) in (0..).zip(encoders) {
        let labels = Odd {
            family: Some(family.clone()),
            encode,
            id,
        };
        family.get_or_create(&labels).inc();
        assert_eq!(family.get(&labels).map(|metric| metric.get()), Some(1));
    }
    assert_eq!(exposed(&family), ["jobs_total{good=\"1\"} 1"]);
}

#[test]
fn the_closure_of_retain_may_use_the_family() {
    let family = limited(10);
    for queue in ["a", "b"] {
        family.get_or_create(&pairs(&[("queue", queue)])).inc();
    }
    family.retain(|labels| {
        family.get_or_create(&pairs(&[("queue", "c")])).inc();
        labels[0].1 == "a"
    });
    assert_eq!(family.len(), 2);
    assert!(family.get(&pairs(&[("queue", "b")])).is_none());
}

/// Many threads make, count and remove series while scrapes run: nothing is lost, and no scrape sees a
/// series twice.
#[test]
fn threads_and_scrapes() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 2_000;
    let family = limited(1_000);
    let done = AtomicBool::new(false);
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                let lines = exposed(&family);
                assert!(lines.is_sorted_by(|a, b| a != b), "{lines:?}");
            }
        });
        let workers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (family, barrier) = (&family, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    for round in 0..ROUNDS {
                        let shared = (round % 100).to_string();
                        family.get_or_create(&pairs(&[("shared", &shared)])).inc();
                        let own = pairs(&[("own", &format!("{thread} {}", round % 10))]);
                        family.get_or_create(&own).inc();
                        assert!(family.remove(&own));
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.join().expect("no panic");
        }
        done.store(true, Relaxed);
    });
    let total: u64 = family.all().iter().map(|(_, metric)| metric.get()).sum();
    assert_eq!(total, (THREADS * ROUNDS) as u64);
    assert_eq!(exposed(&family).len(), 100);
}

/// A scrape that is stuck in its writer holds up neither look-ups nor new series.
#[test]
fn no_look_up_waits_for_a_scrape() {
    struct Stuck(Barrier);

    impl Writer for &Stuck {
        fn family(&mut self, _: &Header<'_>) {}

        fn sample(
            &mut self,
            _: &str,
            _: crate::exposition::Number,
            _: Option<crate::exposition::Timestamp>,
        ) {
            self.0.wait();
            self.0.wait();
        }

        fn histogram(&mut self, _: &str, _: &crate::exposition::Histogram<'_>) {}

        fn summary(&mut self, _: &str, _: &crate::exposition::Summary) {}

        fn line(&mut self, _: &crate::exposition::Line<'_>) {}

        fn finish(&mut self) {}
    }

    let family = limited(10);
    family.get_or_create(&pairs(&[("queue", "a")])).inc();
    let stuck = Arc::new(Stuck(Barrier::new(2)));
    let scrape = thread::spawn({
        let (family, stuck) = (family.clone(), Arc::clone(&stuck));
        move || family.write(&mut &*stuck)
    });
    stuck.0.wait();
    let (done, looked_up) = mpsc::channel();
    thread::spawn(move || {
        family.get_or_create(&pairs(&[("queue", "a")])).inc();
        family.get_or_create(&pairs(&[("queue", "b")])).inc();
        assert!(family.remove(&pairs(&[("queue", "b")])));
        assert_eq!(exposed(&family).len(), 1, "another scrape does not wait");
        done.send(())
    });
    let limit = Duration::from_secs(20);
    looked_up
        .recv_timeout(limit)
        .expect("nothing waits for the scrape");
    stuck.0.wait();
    scrape.join().expect("no panic");
}
