//! For any metrics registered with prometheus-client, each line can be parsed, and no valid series
//! is lost.

#![no_main]
#![allow(missing_docs)]

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/support/exposition.rs"]
mod exposition;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write as _},
};

use arbitrary::Arbitrary;
use gds_metrics::{
    Counter, Format, Gauge, GdsMetrics,
    prometheus_client::{
        encoding::{EncodeLabelSet, LabelSetEncoder},
        metrics::{family::Family, histogram::Histogram, info::Info},
        registry::{Registry, Unit},
    },
};
use libfuzzer_sys::fuzz_target;

use exposition::Scrape;

#[derive(Debug, Arbitrary)]
struct Registered {
    prefix: Option<String>,
    constant: Option<(String, String)>,
    name: String,
    help: String,
    unit: Option<String>,
    kind: Kind,
    series: Vec<(Labels, u8)>,
}

#[derive(Clone, Copy, Debug, Arbitrary)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
    Info,
}

/// Written as an application's own encoder might do it: in pieces, and possibly incomplete.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Arbitrary)]
struct Labels(Vec<Label>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, Arbitrary)]
struct Label {
    key: Vec<String>,
    value: Vec<String>,
    stops: Option<bool>,
}

impl EncodeLabelSet for Labels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        for label in &self.0 {
            let mut encoder = encoder.encode_label();
            let mut key = encoder.encode_label_key()?;
            for piece in &label.key {
                key.write_str(piece)?;
            }
            if label.stops == Some(false) {
                continue;
            }
            let mut value = key.encode_label_value()?;
            for piece in &label.value {
                value.write_str(piece)?;
            }
            if label.stops != Some(true) {
                value.finish()?;
            }
        }
        Ok(())
    }
}

impl Labels {
    /// The labels as they are read back, if they are valid.
    fn read(&self) -> Option<BTreeMap<String, String>> {
        let mut labels = BTreeMap::new();
        for label in &self.0 {
            let key = label.key.concat();
            let mut bytes = key.bytes();
            let begins = bytes.next()?;
            let good = (begins.is_ascii_alphabetic() || begins == b'_')
                && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
                && !key.starts_with("__");
            if !good || label.stops.is_some() {
                return None;
            }
            if labels.insert(key, label.value.concat()).is_some() {
                return None;
            }
        }
        Some(labels)
    }

    /// Whether the end of the line may be undetectable, so that the family may be lost.
    fn may_lose_the_family(&self) -> bool {
        let stops = self.0.iter().any(|label| label.stops.is_some());
        let mut pieces = self.0.iter().flat_map(|label| &label.key);
        stops || pieces.any(|piece| piece == "\n")
    }
}

impl Registered {
    fn register(self, registry: &mut Registry) {
        let registry = match self.prefix {
            Some(prefix) => registry.sub_registry_with_prefix(prefix),
            None => registry,
        };
        let registry = match self.constant {
            Some((name, value)) => {
                registry.sub_registry_with_label((Cow::Owned(name), Cow::Owned(value)))
            }
            None => registry,
        };
        match self.kind {
            Kind::Counter => {
                let family = Family::<Labels, Counter>::default();
                for (labels, value) in &self.series {
                    family.get_or_create(labels).inc_by(u64::from(*value));
                }
                register(registry, self.name, self.help, self.unit, family);
            }
            Kind::Gauge => {
                let family = Family::<Labels, Gauge>::default();
                for (labels, value) in &self.series {
                    family.get_or_create(labels).inc_by(i64::from(*value));
                }
                register(registry, self.name, self.help, self.unit, family);
            }
            Kind::Histogram => {
                let new = || Histogram::new([1.0, 100.0]);
                let family = Family::<Labels, Histogram>::new_with_constructor(new);
                for (labels, value) in &self.series {
                    family.get_or_create(labels).observe(f64::from(*value));
                }
                register(registry, self.name, self.help, self.unit, family);
            }
            Kind::Info => {
                let labels = self.series.into_iter().next();
                let labels = labels.map_or(Labels(Vec::new()), |(labels, _)| labels);
                register(registry, self.name, self.help, self.unit, Info::new(labels));
            }
        }
    }
}

fn register(
    registry: &mut Registry,
    name: String,
    help: String,
    unit: Option<String>,
    metric: impl gds_metrics::prometheus_client::registry::Metric,
) {
    match unit {
        Some(unit) => registry.register_with_unit(name, help, Unit::Other(unit), metric),
        None => registry.register(name, help, metric),
    }
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b':'))
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':'))
}

fuzz_target!(|input: (Vec<Registered>, Vec<(Labels, u8)>)| {
    let (others, series) = input;
    let metrics = GdsMetrics::builder().build().expect("the defaults");
    let good = Family::<Labels, Gauge>::default();
    let mut expected: BTreeMap<BTreeMap<String, String>, BTreeSet<i64>> = BTreeMap::new();
    for (labels, value) in &series {
        good.get_or_create(labels).set(i64::from(*value));
    }
    // Equal labels may be written in different pieces; either series may be exposed.
    if !series
        .iter()
        .any(|(labels, _)| labels.may_lose_the_family())
    {
        for (labels, _) in &series {
            if let Some(read) = labels.read() {
                let value = good.get_or_create(labels).get();
                expected.entry(read).or_default().insert(value);
            }
        }
    }
    metrics.register_with(|registry| {
        registry.register("fuzz_good", "It is <good>", good);
        for other in others {
            other.register(registry);
        }
    });

    let openmetrics = metrics.encode(Format::OpenMetrics).expect("an exposition");
    assert!(openmetrics.ends_with("\n# EOF\n"));
    assert_eq!(
        openmetrics.lines().filter(|line| *line == "# EOF").count(),
        1
    );
    let text = metrics.encode(Format::Text).expect("an exposition");
    assert!(text.ends_with('\n'));
    for line in text.split_terminator('\n') {
        assert!(
            line.starts_with("# HELP ") || line.starts_with("# TYPE ") || !line.starts_with('#'),
            "{line:?}"
        );
    }
    let scrape = Scrape::parse(&text);
    for sample in &scrape.samples {
        assert!(is_name(&sample.name), "{sample:?}");
        let family = ["", "_bucket", "_sum", "_count"].iter().any(|suffix| {
            let name = sample.name.strip_suffix(suffix);
            name.is_some_and(|name| scrape.families.contains_key(name))
        });
        assert!(family, "{sample:?}");
        for label in sample.labels.keys() {
            assert!(is_name(label) && !label.contains(':'), "{sample:?}");
        }
    }
    for (labels, values) in expected {
        let mut found = scrape.of("fuzz_good").filter(|s| s.labels == labels);
        let found = found.any(|sample| values.contains(&(sample.value as i64)));
        assert!(found, "{labels:?} of {values:?} is not in {text}");
    }
});
