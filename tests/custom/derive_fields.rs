//! The types, names and options of fields.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64};

use gds_metrics::{
    Counter, EncodeLabelSet, EncodeLabelValue, Family, FloatCounter, FloatGauge, Format, Gauge,
    GaugeExt, GdsMetricSet, GdsMetrics, Histogram, MetricKind, StateSet, Summary, schema,
};

const SHARED: &[f64] = &[1.0, 2.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Page {
    page: &'static str,
}

type Hidden<M> = Family<Page, M>;

#[derive(GdsMetricSet)]
#[metric(labels(team = "x"))]
#[allow(dead_code, reason = "registered, not all read")]
struct Everything<L: gds_metrics::LabelSet> {
    /// Of the default type.
    counter: Counter,
    /// Small.
    counter_u32_total: Counter<u32, AtomicU32>,
    /// Of floats.
    #[metric(unit = "seconds")]
    busy: Counter<f64, AtomicU64>,
    /// Of the default type.
    gauge: Gauge,
    /// Of floats.
    #[metric(unit = "celsius", labels(zone = "a"))]
    temperature: Gauge<f64, AtomicU64>,
    /// Signed.
    signed: Gauge<i64, AtomicI64>,
    /// Unsigned.
    unsigned: Gauge<u64, AtomicU64>,
    /// Of floats.
    driven_meters: FloatCounter,
    /// From 0 to 1.
    hit_ratio: FloatGauge,
    /// With the default buckets.
    #[metric(unit = "seconds")]
    default_seconds: Histogram,
    /// With those of a constant.
    #[metric(buckets = SHARED)]
    shared: Histogram,
    /// Each twice the one before.
    #[metric(buckets = exponential(1, 2, 3))]
    exponential: Histogram,
    /// In steps.
    #[metric(buckets = linear(-0.1, 0.1, SHARED.len() + 2))]
    linear: Histogram,
    /// With an expression.
    #[metric(buckets = [0.5, 0.5 + 0.25, SHARED[0]])]
    expressions: Histogram,
    /// A family.
    #[metric(buckets = [1])]
    histograms: Family<L, Histogram>,
    /// An alias.
    hidden: Hidden<Summary>,
    /// An alias.
    #[metric(buckets = [4.0], unit = "seconds")]
    hidden_histograms: Hidden<Histogram>,
    /// Renamed.
    #[metric(rename = "other_name")]
    renamed: Gauge,
    #[metric(help = "As it is. ")]
    helped: Gauge,
    /// Of booleans.
    state: StateSet<bool>,
    /// Several lines
    /// make a paragraph.
    ///
    /// And this is the next one.
    paragraph: Gauge,
    #[doc = " Is going on..."]
    ellipsis: Gauge,
    /// See [`Gauge`] and **the** [guide](https://example.org).
    markdown: Gauge,
    #[doc = concat!("Of ", "pieces.")]
    pieces: Gauge,
    /// In two
    #[doc = concat!("halves", ".\n\nAnd more.")]
    halves: Gauge,
    #[doc = include_str!("derive_support/help.md")]
    included: Gauge,
}

fn everything() -> (GdsMetrics, Everything<Page>) {
    let metrics = GdsMetrics::builder().build().unwrap();
    let set = metrics.register().unwrap();
    (metrics, set)
}

#[test]
fn names_kinds_units_and_help() {
    let table: Vec<_> = Everything::<Page>::SCHEMA
        .metrics()
        .iter()
        .map(|m| (m.name().to_owned(), m.kind(), m.unit(), m.help()))
        .collect();
    let name = |name: &str| table.iter().find(|row| row.0 == name).unwrap();
    assert_eq!(name("counter_total").1, MetricKind::Counter);
    assert_eq!(name("counter_u32_total").1, MetricKind::Counter);
    assert_eq!(name("busy_seconds_total").2, Some("seconds"));
    assert_eq!(name("temperature_celsius").1, MetricKind::Gauge);
    assert_eq!(name("default_seconds").1, MetricKind::Histogram);
    assert_eq!(name("hidden").1, MetricKind::Summary);
    assert_eq!(name("hidden_histograms_seconds").1, MetricKind::Histogram);
    assert_eq!(name("other_name").3, "Renamed");
    assert_eq!(name("helped").3, "As it is. ");
    assert_eq!(name("paragraph").3, "Several lines make a paragraph");
    assert_eq!(name("ellipsis").3, "Is going on...");
    assert_eq!(name("markdown").3, "See Gauge and the guide");
    assert_eq!(name("pieces").3, "Of pieces");
    assert_eq!(name("halves").3, "In two halves");
    assert_eq!(name("included").3, "Read from a file");
    assert_eq!(name("driven_meters_total").1, MetricKind::Counter);
    assert_eq!(name("hit_ratio").1, MetricKind::Gauge);
    assert_eq!(table.len(), 26);
}

#[test]
fn buckets() {
    let (metrics, set) = everything();
    let page = Page { page: "a" };
    set.histograms.get_or_create(&page).observe(1.0);
    set.hidden_histograms.get_or_create(&page).observe(1.0);
    let text = metrics.encode(Format::Text).unwrap();
    let bounds = |family: &str| {
        let prefix = format!("{family}_bucket{{");
        let bounds: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with(&prefix))
            .map(|line| {
                line.split_once("le=\"")
                    .unwrap()
                    .1
                    .split_once('"')
                    .unwrap()
                    .0
            })
            .collect();
        bounds.join(" ")
    };
    assert_eq!(
        bounds("default_seconds"),
        "0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1.0 2.5 5.0 7.5 10.0 +Inf"
    );
    assert_eq!(bounds("shared"), "1.0 2.0 +Inf");
    assert_eq!(bounds("exponential"), "1.0 2.0 4.0 +Inf");
    assert_eq!(bounds("linear"), "-0.1 0.0 0.1 0.2 +Inf");
    assert_eq!(bounds("expressions"), "0.5 0.75 1.0 +Inf");
    assert_eq!(bounds("histograms"), "1.0 +Inf");
    assert_eq!(bounds("hidden_histograms_seconds"), "4.0 +Inf");
}

#[test]
fn constant_labels_are_on_every_sample() {
    let (metrics, set) = everything();
    set.temperature.set(1.5);
    set.hidden.get_or_create(&Page { page: "a" }).observe(1.0);
    let labels = [("team", "x"), ("zone", "a")];
    assert_eq!(metrics.sample("temperature_celsius", &labels), Some(1.5));
    let labels = [("team", "x"), ("page", "a")];
    assert_eq!(metrics.sample("hidden_count", &labels), Some(1.0));
    let labels = [("team", "x"), ("state", "false")];
    assert_eq!(metrics.sample("state", &labels), Some(1.0));
}

#[test]
fn timers_observe_and_guards_decrease() {
    let (metrics, set) = everything();
    {
        let _timer = set.default_seconds.start_timer();
        let _running = set.gauge.in_progress();
        assert_eq!(set.gauge.get(), 1);
        let page = Page { page: "a" };
        let _first = set.hidden.start_timer(&page);
        // A running timer holds no lock of the family.
        let _second = set.hidden.start_timer(&Page { page: "b" });
        set.hidden.clear();
        set.hidden_histograms.start_timer(&page).discard();
    }
    assert_eq!(set.gauge.get(), 0);
    let team = [("team", "x")];
    assert_eq!(metrics.sample("default_seconds_count", &team), Some(1.0));
    let labels = [("team", "x"), ("page", "a")];
    assert_eq!(
        metrics.sample("hidden_histograms_seconds_count", &labels),
        Some(0.0)
    );

    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _timer = set.default_seconds.start_timer();
        let _running = set.gauge.in_progress();
        std::panic::resume_unwind(Box::new(()));
    }));
    assert!(panicked.is_err());
    assert_eq!(set.gauge.get(), 0);
    assert_eq!(metrics.sample("default_seconds_count", &team), Some(2.0));
}

#[derive(GdsMetricSet)]
#[metric(prefix = "outer", labels(team = "x"))]
struct Outer {
    #[metric(prefix = "reader")]
    reader: Pool,
    #[metric(prefix = "writer", labels(zone = "b"))]
    writer: Pool,
    #[metric(flatten)]
    flat: Pool,
}

#[derive(GdsMetricSet)]
#[metric(prefix = "pool", labels(kind = "p"))]
struct Pool {
    /// Connections that are open.
    connections: Gauge,
    /// Time waited for one, by page.
    #[metric(unit = "seconds")]
    wait: Family<Page, Summary>,
}

#[test]
fn nested_sets() {
    let metrics = GdsMetrics::builder().build().unwrap();
    let set: Outer = metrics.register().unwrap();
    set.reader.connections.set(1);
    set.writer.connections.set(2);
    set.flat.connections.set(3);
    set.flat
        .wait
        .get_or_create(&Page { page: "a" })
        .observe(0.5);
    let labels = [("team", "x"), ("kind", "p")];
    let zone = [("team", "x"), ("zone", "b"), ("kind", "p")];
    assert_eq!(
        metrics.sample("outer_reader_pool_connections", &labels),
        Some(1.0)
    );
    assert_eq!(
        metrics.sample("outer_writer_pool_connections", &zone),
        Some(2.0)
    );
    assert_eq!(metrics.sample("outer_pool_connections", &labels), Some(3.0));
    let page = [("team", "x"), ("kind", "p"), ("page", "a")];
    assert_eq!(
        metrics.sample("outer_pool_wait_seconds_sum", &page),
        Some(0.5)
    );
}

#[test]
fn the_schema_as_a_table() {
    assert_eq!(
        schema::markdown(&[Outer::SCHEMA, Pool::SCHEMA]),
        "\
| metric | type | unit | labels | help |
| --- | --- | --- | --- | --- |
| `outer_reader_pool_connections` | gauge | | `team=\"x\"`, `kind=\"p\"` | Connections that are open |
| `outer_reader_pool_wait_seconds` | summary | seconds | `team=\"x\"`, `kind=\"p\"`, `page` | Time waited for one, by page |
| `outer_writer_pool_connections` | gauge | | `team=\"x\"`, `zone=\"b\"`, `kind=\"p\"` | Connections that are open |
| `outer_writer_pool_wait_seconds` | summary | seconds | `team=\"x\"`, `zone=\"b\"`, `kind=\"p\"`, `page` | Time waited for one, by page |
| `outer_pool_connections` | gauge | | `team=\"x\"`, `kind=\"p\"` | Connections that are open |
| `outer_pool_wait_seconds` | summary | seconds | `team=\"x\"`, `kind=\"p\"`, `page` | Time waited for one, by page |
| `pool_connections` | gauge | | `kind=\"p\"` | Connections that are open |
| `pool_wait_seconds` | summary | seconds | `kind=\"p\"`, `page` | Time waited for one, by page |
"
    );
    let metrics = Pool::SCHEMA.metrics();
    let source = include_str!("derive_fields.rs");
    let line = source
        .lines()
        .position(|l| l.trim() == "connections: Gauge,")
        .unwrap()
        + 1;
    assert_eq!(metrics[0].definition(), "Pool::connections");
    assert_eq!(metrics[0].line() as usize, line);
    assert!(metrics[0].file().ends_with("derive_fields.rs"));
    assert_eq!(Pool::SCHEMA.set(), "Pool");
}

/// Macros put an invisible group around an argument.
#[test]
fn options_from_a_macro() {
    macro_rules! set {
        ($name:ident, $krate:path, $prefix:literal, $help:expr, $buckets:expr) => {
            #[derive(GdsMetricSet)]
            #[metric(crate = $krate, prefix = $prefix)]
            #[allow(dead_code, reason = "registered, never used")]
            struct $name {
                #[metric(help = $help, buckets = $buckets)]
                sizes: Histogram,
            }
        };
    }
    set!(Listed, ::gds_metrics, "listed", "Of lists", [1, 2]);
    set!(
        Stepped,
        ::gds_metrics,
        "stepped",
        "Of steps",
        linear(1, 1, 2)
    );

    let metrics = GdsMetrics::builder().build().unwrap();
    metrics.register::<Listed>().unwrap();
    metrics.register::<Stepped>().unwrap();
    let text = metrics.encode(Format::Text).unwrap();
    for (name, help) in [("listed", "Of lists"), ("stepped", "Of steps")] {
        assert!(
            text.contains(&format!("# HELP {name}_sizes {help}\n")),
            "{text}"
        );
        assert!(
            text.contains(&format!("{name}_sizes_bucket{{le=\"2.0\"}} 0\n")),
            "{text}"
        );
    }
}

/// Types of the application with the names of our metric types.
mod own {
    use std::sync::atomic::AtomicU64;

    use gds_metrics::Family;

    pub(super) type Counter<L> = Family<L, gds_metrics::Counter>;
    pub(super) type Gauge = gds_metrics::Gauge<f64, AtomicU64>;
    pub(super) type Single = gds_metrics::Counter;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Switch {
    on: bool,
}

/// The type of a field decides what it is, not the type's name.
#[test]
fn an_alias_is_what_it_stands_for() {
    #[derive(GdsMetricSet)]
    struct Aliases {
        /// A family that is called like a counter.
        #[metric(zero)]
        switches: own::Counter<Switch>,
        /// A counter that is not called so.
        clicks: own::Single,
        /// A gauge of floats that is called like one of whole numbers.
        load_ratio: own::Gauge,
        /// A histogram.
        #[metric(buckets = [1.0])]
        pages: Hidden<Histogram>,
        /// Labels whose names are not known.
        open: own::Counter<Vec<(&'static str, &'static str)>>,
    }

    let labels: Vec<_> = Aliases::SCHEMA
        .metrics()
        .iter()
        .map(|metric| metric.labels().map(|labels| labels.join(",")))
        .collect();
    let labels: Vec<_> = labels.iter().map(Option::as_deref).collect();
    assert_eq!(labels, [Some("on"), Some(""), Some(""), Some("page"), None]);

    let metrics = GdsMetrics::builder().build().unwrap();
    let set: Aliases = metrics.register().unwrap();
    for on in ["false", "true"] {
        assert_eq!(metrics.sample("switches_total", &[("on", on)]), Some(0.0));
    }
    set.load_ratio.set(0.5);
    assert_eq!(metrics.sample("load_ratio", &[]), Some(0.5));
    let _ = (set.switches, set.clicks, set.pages, set.open);
}

/// All data that a program needs for documentation or a dashboard.
#[test]
fn the_schema_as_json() {
    #[derive(GdsMetricSet)]
    #[metric(labels(team = "x"))]
    #[allow(dead_code, reason = "only its schema is read")]
    struct Told {
        /// Time "waited", by page.
        #[metric(unit = "seconds", buckets = [0.5, 1.0])]
        wait: Hidden<Histogram>,
        /// Orders placed.
        orders: Counter,
        /// Labels whose names are not known.
        open: Family<Vec<(&'static str, &'static str)>, Gauge>,
        /// With the default buckets.
        #[metric(unit = "seconds")]
        default: Histogram,
    }

    let text = schema::json(&[Told::SCHEMA]);
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    let line = Told::SCHEMA.metrics()[0].line();
    assert_eq!(
        found[0],
        serde_json::json!({
            "name": "wait_seconds",
            "type": "histogram",
            "unit": "seconds",
            "help": "Time \"waited\", by page",
            "labels": ["page"],
            "constant_labels": { "team": "x" },
            "buckets": [0.5, 1.0],
            "definition": "Told::wait",
            "file": file!(),
            "line": line,
        })
    );
    assert_eq!(found[1]["name"], "orders_total");
    assert_eq!(found[1]["labels"], serde_json::json!([]));
    for (metric, absent) in [(1, "unit"), (1, "buckets"), (2, "labels")] {
        assert_eq!(found[metric].get(absent), Some(&serde_json::Value::Null));
    }
    assert_eq!(found[3]["buckets"].as_array().map(Vec::len), Some(14));
    assert_eq!(found.as_array().map(Vec::len), Some(4));
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Load {
    Idle,
    Busy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Arm {
    Off,
    Left(Load),
    Right(Load),
}

#[derive(Clone, Debug, GdsMetricSet)]
struct Robot {
    /// Arm that works.
    arm: StateSet<Arm>,
}

/// Two samples with the same labels would make a scrape invalid.
#[test]
fn states_with_equal_text_are_one_series() {
    let metrics = GdsMetrics::builder().build().expect("the defaults");
    let robot: Robot = metrics.register().expect("a free name");
    for (state, expected) in [
        (Arm::Off, "off"),
        (Arm::Left(Load::Busy), "busy"),
        (Arm::Right(Load::Busy), "busy"),
        (Arm::Right(Load::Idle), "idle"),
    ] {
        robot.arm.set(state);
        let text = metrics.encode(Format::Text).expect("an exposition");
        let lines: Vec<_> = text
            .lines()
            .filter(|line| line.starts_with("arm{"))
            .collect();
        let expected = ["off", "idle", "busy"]
            .map(|text| format!("arm{{arm=\"{text}\"}} {}", u8::from(expected == text)));
        assert_eq!(lines, expected, "{state:?}");
    }
}

#[test]
fn small_floats_have_no_rounding_errors() {
    #[derive(GdsMetricSet)]
    struct Small {
        /// A gauge.
        level: Gauge<f32, AtomicU32>,
        /// A counter.
        #[metric(unit = "joules")]
        used: Counter<f32, AtomicU32>,
    }

    let metrics = GdsMetrics::builder().build().unwrap();
    let small: Small = metrics.register().unwrap();
    small.level.set(0.1);
    small.used.inc_by(0.3);
    assert_eq!(metrics.sample("level", &[]), Some(0.1));
    assert_eq!(metrics.sample("used_joules_total", &[]), Some(0.3));
    small.level.set(f32::NEG_INFINITY);
    assert_eq!(metrics.sample("level", &[]), Some(f64::NEG_INFINITY));
}
