//! promtool and PyPI's `prometheus_client` read both formats, from the quickstart and from a set
//! with every kind of metric.

use std::collections::BTreeMap;

use actix_web::{
    App, HttpResponse,
    test::{TestRequest, call_and_read_body, init_service},
    web,
};
use gds_metrics::{
    Counter, EncodeLabelSet, EncodeLabelValue, Family, Format, Gauge, GdsMetricSet, GdsMetrics,
    Histogram, Info, StateSet, Summary,
};

use crate::{
    Samples, http,
    programs::{Quickstart, promtool, python},
};

const TEXT: &str = "text/plain;version=0.0.4";
const OPEN_METRICS: &str = "application/openmetrics-text;version=1.0.0";

/// Every kind of metric.
#[derive(Clone, Debug, GdsMetricSet)]
#[metric(prefix = "all")]
struct AllKinds {
    /// Things counted, by a label with "quotes", \backslashes\ and more.
    things: Family<Thing, Counter>,
    /// Things there are now.
    level: Gauge,
    /// How long things take.
    #[metric(unit = "seconds")]
    duration: Histogram,
    /// How large things are.
    #[metric(unit = "bytes")]
    size: Summary,
    /// Which mode is on.
    mode: StateSet<Mode>,
    /// What this was built from.
    build: Info<Build>,
    /// A family without a series.
    #[metric(unit = "seconds")]
    empty: Family<Thing, Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Thing {
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Mode {
    On,
    Off,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

const ODD: &str = "a \"quote\", a \\ and\na line, é";

async fn all_kinds() -> GdsMetrics {
    let metrics = GdsMetrics::builder()
        .extended(true)
        .build()
        .expect("nothing is wrong with it");
    let set: AllKinds = metrics.register().expect("no name is taken");
    for name in ["plain", ODD, ""] {
        let name = name.to_owned();
        set.things.get_or_create(&Thing { name }).inc_by(3);
    }
    let unseen = Thing {
        name: "unseen".to_owned(),
    };
    assert!(set.empty.get(&unseen).is_none());
    set.level.set(-2);
    set.duration.observe(0.3);
    set.size.observe(1024.0);
    set.mode.set(Mode::Off);
    set.build.set(Build { version: "1.2.3" });

    let app = App::new()
        .route("/users/{id}", web::to(HttpResponse::Ok))
        .wrap(metrics.clone());
    let app = init_service(app).await;
    for path in ["/users/1", "/users/2", "/nope"] {
        let request = TestRequest::with_uri(path).to_request();
        call_and_read_body(&app, request).await;
    }
    metrics
}

fn busy_quickstart() -> Quickstart {
    let quickstart = Quickstart::start();
    for path in ["/", "/users/7", "/users/0", "/nope", "/error"] {
        http::get(quickstart.address, path, &[]);
    }
    quickstart
}

#[actix_web::test]
#[ignore = "needs promtool"]
async fn promtool_finds_no_errors() {
    let metrics = all_kinds().await;
    let text = metrics.encode(Format::Text).expect("an exposition");
    assert_eq!(promtool(&text), "", "of\n{text}");

    let text = busy_quickstart().scrape(TEXT).body;
    assert_eq!(promtool(&text), "", "of\n{text}");

    // promtool does report errors.
    assert_ne!(promtool("# TYPE a counter\na 1\n"), "");
}

#[actix_web::test]
#[ignore = "needs python3 with prometheus_client"]
async fn both_parsers_read_the_same() {
    let metrics = all_kinds().await;
    let text = parse(
        Format::Text,
        &metrics.encode(Format::Text).expect("an exposition"),
    );
    let open = parse(
        Format::OpenMetrics,
        &metrics.encode(Format::OpenMetrics).expect("an exposition"),
    );
    assert_eq!(text.samples, open.samples);

    for (name, labels, value) in [
        ("all_things_total", &[("name", ODD)][..], 3.0),
        ("all_level", &[], -2.0),
        ("all_duration_seconds_bucket", &[("le", "0.5")], 1.0),
        ("all_duration_seconds_count", &[], 1.0),
        ("all_size_bytes_sum", &[], 1024.0),
        ("all_mode", &[("all_mode", "off")], 1.0),
        ("all_build_info", &[("version", "1.2.3")], 1.0),
        (
            "http_server_responses_truncated_total",
            &[("reason", "client")],
            0.0,
        ),
    ] {
        let labels = labels
            .iter()
            .map(|(l, v)| ((*l).to_owned(), (*v).to_owned()))
            .collect();
        let key = (name.to_owned(), labels);
        assert_eq!(text.samples.get(&key), Some(&value), "{key:?}");
        // The crate's own look-up agrees with the reference implementation.
        let labels: Vec<_> = key
            .1
            .iter()
            .map(|(l, v)| (l.as_str(), v.as_str()))
            .collect();
        assert_eq!(metrics.sample(name, &labels), Some(value), "{key:?}");
    }
    for (family, in_text, in_open) in [
        ("all_things", "counter", "counter"),
        ("all_level", "gauge", "gauge"),
        ("all_duration_seconds", "histogram", "histogram"),
        ("all_size_bytes", "summary", "summary"),
        ("all_mode", "gauge", "stateset"),
    ] {
        assert_eq!(
            text.types.get(family).map(String::as_str),
            Some(in_text),
            "{family}"
        );
        assert_eq!(
            open.types.get(family).map(String::as_str),
            Some(in_open),
            "{family}"
        );
    }
    assert_eq!(
        open.types.get("all_build").map(String::as_str),
        Some("info")
    );
    let help = "Things counted, by a label with \"quotes\", \\backslashes\\ and more";
    assert_eq!(text.helps.get("all_things").map(String::as_str), Some(help));
    assert_eq!(open.helps.get("all_things").map(String::as_str), Some(help));
}

#[test]
#[ignore = "needs python3 with prometheus_client"]
fn both_parsers_read_the_quickstart() {
    let quickstart = busy_quickstart();
    let labels = |path: &str, code: &str| {
        [
            ("method", "GET"),
            ("host", "shop.example"),
            ("path", path),
            ("code", code),
        ]
        .map(|(label, value)| (label.to_owned(), value.to_owned()))
        .into()
    };
    for (accept, format) in [(TEXT, Format::Text), (OPEN_METRICS, Format::OpenMetrics)] {
        let response = quickstart.scrape(accept);
        let content_type = format!("content-type: {}\r\n", format.content_type());
        assert!(response.head.contains(&content_type), "{}", response.head);

        let parsed = parse(format, &response.body);
        for (path, code) in [
            ("/users/{id}", "200"),
            ("No endpoint", "404"),
            ("/error", "503"),
        ] {
            let key = ("http_server_requests_total".to_owned(), labels(path, code));
            assert_eq!(parsed.samples.get(&key), Some(&1.0), "{format:?} {key:?}");
        }
    }
}

struct Parsed {
    samples: Samples,
    types: BTreeMap<String, String>,
    helps: BTreeMap<String, String>,
}

/// The name, type, help and samples of a family, as the script prints them.
type ReadFamily = (String, String, String, Vec<ReadSample>);
type ReadSample = (String, BTreeMap<String, String>, f64);

/// Reads an exposition with PyPI's `prometheus_client`.
fn parse(format: Format, exposition: &str) -> Parsed {
    let module = match format {
        Format::Text => "parser",
        _ => "openmetrics.parser",
    };
    let script = format!(
        "import json, sys\n\
         from prometheus_client.{module} import text_string_to_metric_families\n\
         text = sys.stdin.buffer.read().decode()\n\
         print(json.dumps([[f.name, f.type, f.documentation, [[s.name, s.labels, s.value] for s in f.samples]]\n\
         \x20   for f in text_string_to_metric_families(text)]))"
    );
    let families: Vec<ReadFamily> =
        serde_json::from_value(python(&script, exposition)).expect("what the script prints");

    let mut parsed = Parsed {
        samples: Samples::new(),
        types: BTreeMap::new(),
        helps: BTreeMap::new(),
    };
    for (family, kind, help, samples) in families {
        for (name, labels, value) in samples {
            // For Prometheus, an empty label is the same as a missing label.
            let labels = labels
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .collect();
            let earlier = parsed.samples.insert((name, labels), value);
            assert_eq!(earlier, None, "a sample of {family} comes twice");
        }
        parsed.types.insert(family.clone(), kind);
        parsed.helps.insert(family, help);
    }
    parsed
}
