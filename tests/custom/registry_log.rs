//! What is left out of the exposition is said once.

use std::{
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use gds_metrics::{
    Format, Gauge, GdsMetrics,
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

/// Makes up another bad name each time.
#[derive(Debug)]
struct Inventor(AtomicUsize);

impl Collector for Inventor {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let name = format!("bad name {}", self.0.fetch_add(1, SeqCst));
        let family = encoder.encode_descriptor(&name, "Help", None, MetricType::Gauge)?;
        ConstGauge::new(1_u32).encode(family)
    }
}

#[test]
fn once() {
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
            "WARN the metric family `a b` is left out of the exposition: letters, digits and `_` make a \
             name, and no digit comes first",
            "WARN a series of the metric family `y` is left out of the exposition: one of its labels comes \
             twice or has no valid name, or it is not written to its end: y{a=\\\"1\\\",a=\\\"2\\\"} 1",
        ]
    );

    // However many names are made up: what is remembered, and said, is bounded.
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
