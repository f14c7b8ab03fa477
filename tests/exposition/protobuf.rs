//! The protobuf format has the same content as the text format.

use std::{
    collections::BTreeMap,
    io::Read as _,
    sync::atomic::{AtomicI64, AtomicU64},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use actix_web::{
    App,
    http::header,
    test::{self, TestRequest},
    web,
};
use flate2::read::GzDecoder;
use gds_metrics::{
    Counter, EncodeLabelSet, EncodeLabelValue, Family, Format, Gauge, GdsMetricSet, GdsMetrics,
    Histogram, Info, StateSet, Summary,
    prometheus_client::{
        metrics::{
            counter::Counter as AnyCounter,
            exemplar::{CounterWithExemplar, HistogramWithExemplars},
            family::Family as TheirFamily,
            gauge::Gauge as AnyGauge,
            histogram::Histogram as TheirHistogram,
        },
        registry::Unit,
    },
};
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    test_runner::TestRunner,
};

use crate::support::{
    exposition::{Labels, Sample, Scrape},
    metrics,
    protobuf::{decode, pairs},
};

const ACCEPT: &str = "application/vnd.google.protobuf;\
    proto=io.prometheus.client.MetricFamily;encoding=delimited";

/// One metric of each kind.
#[derive(Clone, Debug, GdsMetricSet)]
#[metric(prefix = "shop")]
struct ShopMetrics {
    /// Orders placed.
    orders: Counter,
    /// Emails sent.
    emails: Family<Email, Counter>,
    /// "Quoted\" help.
    sessions: Gauge,
    /// Time taken to pack.
    #[metric(unit = "seconds", buckets = [0.5, 1.0])]
    packing: Histogram,
    /// Time taken to send.
    #[metric(unit = "seconds", buckets = [0.25])]
    sending: Family<Email, Histogram>,
    /// Size of an upload.
    #[metric(unit = "bytes")]
    upload: Summary,
    /// What it runs on.
    platform: Info<Platform>,
    /// What it does.
    mode: StateSet<Mode>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Email {
    kind: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Mode {
    Open,
    Closed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Platform {
    odd: &'static str,
}

/// A sample with a comparable value of any type.
type Comparable = (String, Labels, u64);

fn comparable(samples: impl IntoIterator<Item = Sample>) -> Vec<Comparable> {
    let mut all: Vec<_> = samples
        .into_iter()
        .map(|sample| (sample.name, sample.labels, sample.value.to_bits()))
        .collect();
    all.sort();
    all
}

/// Compares the names, types, helps, labels and values of both formats.
#[track_caller]
fn assert_same(metrics: &GdsMetrics) {
    let text = metrics.encode(Format::Text).expect("text");
    let bytes = metrics.encode_to_vec(Format::Protobuf).expect("bytes");
    let text = Scrape::parse(&text);
    let families = decode(&bytes);

    let samples = families.iter().flat_map(|family| family.samples());
    assert_eq!(comparable(samples), comparable(text.samples));
    for family in families {
        let described = &text.families[family.name()];
        assert_eq!(family.kind(), described.kind, "{}", family.name());
        let help = family.help.as_deref().expect("a help");
        let help = help.replace('\\', r"\\").replace('\n', r"\n");
        assert_eq!(help, described.help, "{}", family.name());
        if let Some(unit) = &family.unit {
            let stem = family.name().trim_end_matches("_total");
            assert!(stem.ends_with(&format!("_{unit}")), "{}", family.name());
        }
    }
}

#[actix_web::test]
async fn every_kind_has_the_same_content_as_in_text() {
    let metrics = GdsMetrics::builder()
        .extended(true)
        .build_info("shop", "1.0")
        .build()
        .expect("settings");
    let shop: ShopMetrics = metrics.register().expect("free names");
    shop.orders.inc_by(3);
    shop.sessions.set(-4);
    shop.packing.observe(0.7);
    shop.upload.observe(12.5);
    shop.platform.set(Platform { odd: "\"\\\n" });
    shop.mode.set(Mode::Closed);
    for kind in ["\"\\\n{}=,", "é", "plain"] {
        let kind = kind.to_owned();
        shop.emails
            .get_or_create(&Email { kind: kind.clone() })
            .inc();
        let sending = shop.sending.get_or_create(&Email { kind });
        sending.observe(0.2);
        sending.observe(7.0);
    }

    let seconds: TheirFamily<Vec<(&str, &str)>, AnyCounter<f64, AtomicU64>> =
        TheirFamily::default();
    seconds.get_or_create(&vec![("core", "0")]).inc_by(0.25);
    let counter = CounterWithExemplar::<Vec<(&str, &str)>>::default();
    counter.inc_by(2, Some(vec![("trace_id", "7")]), None);
    let histogram = HistogramWithExemplars::<Vec<(&str, &str)>>::new([0.5].into_iter());
    histogram.observe(0.2, Some(vec![("trace_id", "8")]), None);
    histogram.observe(2.0, None, None);
    metrics.register_with(|registry| {
        registry.register_with_unit("cpu", "Seconds", Unit::Seconds, seconds);
        registry.register("clicks", "Clicks", counter);
        registry.register("waits", "Waits", histogram);
        let labelled = registry.sub_registry_with_label(("zone".into(), "b".into()));
        let histogram = TheirHistogram::new([1.0, 2.0]);
        histogram.observe(1.5);
        labelled.register("labelled", "Labelled", histogram);
    });

    let app = App::new()
        .route("/", web::get().to(async || "hello"))
        .service(metrics.scope())
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    for path in ["/", "/", "/none"] {
        test::call_service(&app, TestRequest::with_uri(path).to_request()).await;
    }
    assert_same(&metrics);

    // The scraped response, plain and compressed.
    for gzip in [false, true] {
        let mut request = TestRequest::with_uri("/metrics").insert_header((header::ACCEPT, ACCEPT));
        if gzip {
            request = request.insert_header((header::ACCEPT_ENCODING, "gzip"));
        }
        let response = test::call_service(&app, request.to_request()).await;
        assert_eq!(
            response
                .headers()
                .get(header::CONTENT_TYPE)
                .map(AsRef::as_ref),
            Some(Format::Protobuf.content_type().as_bytes())
        );
        let mut body = test::read_body(response).await.to_vec();
        if gzip {
            let mut plain = Vec::new();
            GzDecoder::new(&body[..])
                .read_to_end(&mut plain)
                .expect("gzip");
            body = plain;
        }
        let families = decode(&body);
        let family = |name| {
            let mut found = families.iter().filter(move |family| family.name() == name);
            found.next().unwrap_or_else(|| panic!("no {name}"))
        };
        let unit = |name| family(name).unit.as_deref();
        assert_eq!(
            unit("http_server_request_duration_seconds"),
            Some("seconds")
        );
        assert_eq!(unit("shop_upload_bytes"), Some("bytes"));
        assert_eq!(unit("cpu_seconds_total"), Some("seconds"));

        let counter = family("clicks_total").metric[0].counter.as_ref();
        let exemplar = counter.and_then(|counter| counter.exemplar.as_ref());
        let exemplar = exemplar.expect("an exemplar");
        assert_eq!(pairs(&exemplar.label)["trace_id"], "7");
        assert_eq!(exemplar.value, Some(2.0));
        let buckets = &family("waits").metric[0]
            .histogram
            .as_ref()
            .expect("one")
            .bucket;
        let exemplar = buckets[0].exemplar.as_ref().expect("an exemplar");
        assert_eq!(pairs(&exemplar.label)["trace_id"], "8");
        assert_eq!(buckets[1].exemplar, None);
    }
}

#[test]
fn encode_rejects_protobuf() {
    let error = metrics().encode(Format::Protobuf).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the format `protobuf` is not text: call `encode_to_vec`, which returns bytes"
    );
    let metrics = metrics();
    for format in [Format::Text, Format::OpenMetrics] {
        let text = metrics.encode(format).expect("text");
        assert_eq!(metrics.encode_to_vec(format).ok(), Some(text.into_bytes()));
    }
}

type LabelPairs = Vec<(String, String)>;

/// Values by the values of two labels.
fn series<V: std::fmt::Debug>(
    value: impl Strategy<Value = V>,
) -> impl Strategy<Value = BTreeMap<Vec<String>, V>> {
    btree_map(vec(any::<String>(), 2), value, 0..4)
}

fn labels(values: Vec<String>) -> LabelPairs {
    let names = ["one", "two"].map(str::to_owned);
    names.into_iter().zip(values).collect()
}

#[test]
fn random_metrics_have_the_same_content_as_in_text() {
    let float = any::<f64>();
    // Parsers reject a float counter below 0.
    let positive = prop_oneof![0.0..1e300_f64, Just(f64::INFINITY)];
    let cases = (
        any::<String>(),
        series(any::<u64>()),
        series(positive),
        series(any::<i64>()),
        series(float),
        series(vec(any::<f64>(), 0..9)),
    );
    TestRunner::default()
        .run(&cases, |(help, unsigned, positive, signed, floats, observed)| {
            let metrics = metrics();
            let counters = TheirFamily::<LabelPairs, AnyCounter<u64, AtomicU64>>::default();
            for (values, value) in unsigned {
                counters.get_or_create(&labels(values)).inc_by(value);
            }
            let float_counters = TheirFamily::<LabelPairs, AnyCounter<f64, AtomicU64>>::default();
            for (values, value) in positive {
                float_counters.get_or_create(&labels(values)).inc_by(value);
            }
            let gauges = TheirFamily::<LabelPairs, AnyGauge<i64, AtomicI64>>::default();
            for (values, value) in signed {
                gauges.get_or_create(&labels(values)).set(value);
            }
            let float_gauges = TheirFamily::<LabelPairs, AnyGauge<f64, AtomicU64>>::default();
            for (values, value) in floats {
                float_gauges.get_or_create(&labels(values)).set(value);
            }
            let histograms = TheirFamily::<LabelPairs, TheirHistogram, fn() -> TheirHistogram>::new_with_constructor(
                || TheirHistogram::new([-1.0, 0.5, 1e9]),
            );
            for (values, observations) in observed {
                let histogram = histograms.get_or_create(&labels(values));
                observations.into_iter().for_each(|value| histogram.observe(value));
            }
            metrics.register_with(|registry| {
                registry.register("a", help.trim(), counters);
                registry.register("b", help.trim(), float_counters);
                registry.register("c", help.trim(), gauges);
                registry.register("d", help.trim(), float_gauges);
                registry.register("e", help.trim(), histograms);
            });
            assert_same(&metrics);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

#[actix_web::test]
async fn series_have_creation_times() {
    let before = SystemTime::now();
    let metrics = GdsMetrics::builder()
        .extended(true)
        .start_timestamps(true)
        .build()
        .expect("settings");
    let shop: ShopMetrics = metrics.register().expect("free names");
    shop.upload.observe(1.0);
    let app = App::new()
        .route("/", web::get().to(async || "hello"))
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    test::call_service(&app, TestRequest::with_uri("/").to_request()).await;
    let after = SystemTime::now();

    let text = metrics.encode(Format::OpenMetrics).expect("text");
    let families = decode(&metrics.encode_to_vec(Format::Protobuf).expect("bytes"));
    for family in [
        "http_server_requests",
        "http_server_request_duration_seconds",
        "http_server_response_body_size_bytes",
        "shop_orders",
        "shop_packing_seconds",
        "shop_upload_bytes",
    ] {
        let line = text
            .lines()
            .find(|line| line.starts_with(&format!("{family}_created")));
        let (_, seconds) = line.expect("a line").rsplit_once(' ').expect("a value");
        let (seconds, fraction) = seconds.split_once('.').expect("a fraction");
        let nanos: u32 = format!("{fraction:0<9}").parse().expect("a fraction");
        let seconds: u64 = seconds.parse().expect("seconds");
        let start = UNIX_EPOCH + Duration::new(seconds, nanos);
        assert!(before <= start && start <= after, "{line:?}");

        let found = families
            .iter()
            .find(|f| f.name().trim_end_matches("_total") == family);
        let metric = &found.expect("a family").metric[0];
        let starts = [
            metric.counter.as_ref().map(|one| &one.start_timestamp),
            metric.histogram.as_ref().map(|one| &one.start_timestamp),
            metric.summary.as_ref().map(|one| &one.start_timestamp),
        ];
        let found = starts.into_iter().flatten().next().expect("a value");
        let found = found.as_ref().expect("a start");
        assert_eq!(u64::try_from(found.seconds), Ok(seconds));
        assert_eq!(u32::try_from(found.nanos), Ok(nanos));
    }

    let text = crate::support::metrics()
        .encode(Format::OpenMetrics)
        .expect("text");
    assert!(!text.contains("_created"), "only when asked for");
}
