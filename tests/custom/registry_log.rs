//! Warnings about custom metrics: each is logged once.

use std::{
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use gds_metrics::{
    ClosedFamily, EncodeLabelSet, EncodeLabelValue, Format, Gauge, GdsMetricSet, GdsMetrics, Info,
    prometheus_client::{
        collector::Collector,
        encoding::{DescriptorEncoder, EncodeMetric as _},
        metrics::{MetricType, family::Family, gauge::ConstGauge},
    },
};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {}", record.level(), record.args());
        LINES.lock().unwrap().push(line);
    }

    fn flush(&self) {}
}

/// Returns a different invalid name each time.
#[derive(Debug)]
struct Inventor(AtomicUsize);

impl Collector for Inventor {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let name = format!("bad name {}", self.0.fetch_add(1, SeqCst));
        let family = encoder.encode_descriptor(&name, "Help", None, MetricType::Gauge)?;
        ConstGauge::new(1_u32).encode(family)
    }
}

type Pairs = Vec<(&'static str, &'static str)>;

/// Labels that the derives reject can come from label sets that are not derived.
#[derive(GdsMetricSet)]
struct Renamed {
    /// Jobs that run.
    running: gds_metrics::Family<Pairs, Gauge>,
    /// What is known.
    facts: Info<Pairs>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Mail {
    mail: Outcome,
}

/// Both variants are written as the kind that they hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Outcome {
    Sent(Kind),
    Failed(Kind),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Kind {
    Welcome,
    Reminder,
}

#[derive(GdsMetricSet)]
#[allow(dead_code, reason = "registered, never used")]
struct Alike {
    /// Mails.
    mails: ClosedFamily<Mail, Gauge>,
}

#[test]
fn each_fault_is_logged_once() {
    log::set_logger(&Logger).unwrap();
    log::set_max_level(log::LevelFilter::Warn);

    let metrics = GdsMetrics::builder().build().unwrap();
    metrics.register_with(|registry| {
        registry.register("x", "Help", Gauge::<i64>::default());
        registry.register("x", "Help", Gauge::<i64>::default());
        registry.register("a b", "Help", Gauge::<i64>::default());
        let family = Family::<Vec<(&str, &str)>, Gauge>::default();
        family.get_or_create(&vec![("a", "1"), ("a", "2")]).set(1);
        registry.register("y", "Help", family);
    });
    for _ in 0..3 {
        metrics.encode(Format::Text).unwrap();
        metrics.encode(Format::OpenMetrics).unwrap();
    }
    assert_eq!(
        *LINES.lock().unwrap(),
        [
            "WARN the metric family `x`, registered through `register_with`, is left out of the exposition: \
             `x` is taken by another family of `register_with`; rename it",
            "WARN the metric family `a b` is left out of the exposition: its name is not valid; use only ASCII \
             letters, digits and `_`, and no digit first",
            "WARN a series of the metric family `y` is left out of the exposition: a label name is invalid or \
             occurs twice, or the line is incomplete: y{a=\\\"1\\\",a=\\\"2\\\"} 1",
        ]
    );

    LINES.lock().unwrap().clear();
    let renamed: Renamed = metrics.register().unwrap();
    for queue in ["mail", "invoices"] {
        let labels = vec![("queue", queue), ("job", "worker")];
        renamed.running.get_or_create(&labels).set(1);
    }
    renamed.facts.set(vec![("instance", "a")]);
    assert_eq!(
        *LINES.lock().unwrap(),
        [
            "WARN the metric family `running` has a label `job`: Prometheus has its own `job` and renames this \
             one to `exported_job`; choose another name",
            "WARN the metric family `facts` has a label `instance`: Prometheus has its own `instance` and \
             renames this one to `exported_instance`; choose another name",
        ]
    );

    LINES.lock().unwrap().clear();
    metrics.register::<Alike>().unwrap();
    assert_eq!(
        *LINES.lock().unwrap(),
        [
            "WARN some label sets of the metric family `mails` have the same text and share a series; give \
             them different texts"
        ]
    );

    // A collector can produce an unlimited number of names. The number that is stored and logged is limited.
    let metrics = GdsMetrics::builder().build().unwrap();
    let inventor = Box::new(Inventor(AtomicUsize::new(0)));
    metrics.register_with(|registry| {
        registry.register("z", "Help", Gauge::<i64>::default());
        registry.register_collector(inventor);
    });
    LINES.lock().unwrap().clear();
    for _ in 0..500 {
        metrics.encode(Format::Text).unwrap();
    }
    assert_eq!(LINES.lock().unwrap().len(), 100);
}
