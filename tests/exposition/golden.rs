//! The bytes that are served to real servers, compared with files.
//!
//! `GOLDEN=overwrite` writes the files anew.

use std::{env, fs, path::Path};

use actix_http::Request;
use actix_web::{
    App, Error, HttpResponse,
    body::MessageBody,
    dev::{Service, ServiceResponse},
    error::ErrorInternalServerError,
    http::header,
    test::{self, TestRequest},
    web::{self, Bytes},
};
use gds_metrics::{
    Counter, EncodeLabelSet, EncodeLabelValue, Family, Gauge, GdsMetricSet, GdsMetrics,
    GdsMetricsBuilder, Histogram, Info, LabelNames, StateSet, Summary,
};

use crate::support::{
    exposition::Scrape,
    protobuf::{MetricFamily, decode},
};

/// What a Prometheus 2.42 and a Prometheus 3.5 without flags send.
const PROMETHEUS: [&str; 2] = [
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
     text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
     application/openmetrics-text;version=0.0.1;q=0.5,\
     text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
];
/// What a VictoriaMetrics sends, and a Prometheus without `OpenMetrics` in its `scrape_protocols`.
const TEXT: [&str; 2] = [
    "text/plain;version=0.0.4;q=1,*/*;q=0.1",
    "text/plain;version=0.0.4;q=0.6,*/*;q=0.5",
];
const PROTOBUF: &str = "application/vnd.google.protobuf;\
    proto=io.prometheus.client.MetricFamily;encoding=delimited";

#[derive(Clone, Debug, GdsMetricSet)]
#[metric(prefix = "shop")]
struct ShopMetrics {
    /// Orders placed.
    orders: Counter,
    /// Emails sent, by "kind".
    emails: Family<Email, Counter>,
    /// Sessions that are open now.
    sessions: Gauge,
    /// Time taken to pack.
    #[metric(unit = "seconds")]
    packing: Histogram,
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
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Platform {
    system: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Mode {
    Open,
    Closed,
}

/// The content type and the body of the first scrape of an application that has answered some requests.
async fn scraped(
    settings: impl FnOnce(GdsMetricsBuilder) -> GdsMetricsBuilder,
    accept: Option<&str>,
) -> (String, Bytes) {
    let builder = GdsMetrics::builder()
        // All requests of this test take less than an hour.
        .buckets([3600.0])
        .hosts(["app.example"])
        .extended(true)
        .build_info("shop", "1.0");
    let metrics = settings(builder).build().expect("settings");
    let shop: ShopMetrics = metrics.register().expect("free names");
    shop.orders.inc_by(3);
    for kind in ["new", "\"\\\n"] {
        shop.emails.get_or_create(&Email { kind }).inc();
    }
    shop.sessions.set(-4);
    for seconds in [0.002, 0.3, 0.3, 70.0] {
        shop.packing.observe(seconds);
    }
    shop.upload.observe(12.5);
    shop.platform.set(Platform { system: "linux" });
    shop.mode.set(Mode::Closed);

    let app = App::new()
        .route("/", web::get().to(async || "hello"))
        .route(
            "/orders/{id}",
            web::post().to(async |_: Bytes| HttpResponse::Created().finish()),
        )
        .route(
            "/broken",
            web::get().to(async || Err::<&str, Error>(ErrorInternalServerError("no"))),
        )
        .service(metrics.scope())
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    for request in [
        TestRequest::get().uri("/"),
        TestRequest::get().uri("/"),
        TestRequest::post().uri("/orders/7").set_payload("a book"),
        TestRequest::get().uri("/broken"),
        TestRequest::get().uri("/none"),
    ] {
        send(&app, request).await;
    }
    let mut request = TestRequest::get().uri("/metrics");
    if let Some(accept) = accept {
        request = request.insert_header((header::ACCEPT, accept));
    }
    send(&app, request).await
}

async fn send(
    app: &impl Service<Request, Response = ServiceResponse<impl MessageBody>, Error = Error>,
    request: TestRequest,
) -> (String, Bytes) {
    let request = request
        .insert_header((header::HOST, "app.example"))
        .insert_header((
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ));
    let response = test::call_service(app, request.to_request()).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    let kind = kind.map_or("", |kind| kind.to_str().expect("text"));
    (kind.to_owned(), test::read_body(response).await)
}

/// An exposition in a text format. The sums of durations depend on the machine, so `NaN` replaces them.
async fn text(
    settings: impl FnOnce(GdsMetricsBuilder) -> GdsMetricsBuilder,
    accept: Option<&str>,
) -> String {
    let (kind, body) = scraped(settings, accept).await;
    let body = std::str::from_utf8(&body).expect("text");
    let mut text = format!("Content-Type: {kind}\n\n");
    for line in body.split_inclusive('\n') {
        let name = line.split('{').next().unwrap_or_default();
        if name.starts_with("http_server_") && name.ends_with("_duration_seconds_sum") {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            let value: f64 = value.trim_end().parse().expect("a number");
            assert!(value > 0.0 && value < 3600.0, "{line}");
            text += &format!("{series} NaN\n");
        } else {
            text += line;
        }
    }
    text
}

#[track_caller]
fn assert_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/exposition/golden")
        .join(name);
    if env::var("GOLDEN").is_ok_and(|action| action == "overwrite") {
        fs::write(&path, text).expect("a file");
    }
    let golden = fs::read_to_string(&path).expect("a file");
    for (line, golden) in text.lines().zip(golden.lines()) {
        assert_eq!(line, golden, "{name}");
    }
    assert_eq!(text, golden, "{name}");
}

/// With its settings off, a feature of today changes no byte for the servers of yesterday.
#[actix_web::test]
async fn the_text_formats_are_as_in_the_files() {
    for accept in PROMETHEUS {
        assert_golden(
            "openmetrics.txt",
            &text(|builder| builder, Some(accept)).await,
        );
    }
    for accept in TEXT.map(Some).into_iter().chain([None]) {
        assert_golden("text.txt", &text(|builder| builder, accept).await);
    }
}

/// Text without the lines for which `is_extra` is true. There must be some.
fn without_lines(text: &str, is_extra: impl Fn(&str) -> bool) -> String {
    let kept: String = text
        .split_inclusive('\n')
        .filter(|line| !is_extra(line))
        .collect();
    assert_ne!(kept, text);
    kept
}

#[actix_web::test]
async fn native_histograms_change_protobuf_only() {
    let on = |builder: GdsMetricsBuilder| builder.native_histograms(true);
    assert_golden("text.txt", &text(on, Some(TEXT[0])).await);
    assert_golden("openmetrics.txt", &text(on, Some(PROMETHEUS[0])).await);

    let plain = families(|builder| builder).await;
    let mut native = families(on).await;
    assert_ne!(native, plain);
    for histogram in histograms(&mut native) {
        assert_eq!(histogram.schema.take(), Some(3));
        assert!(histogram.zero_threshold.take().is_some());
        histogram.zero_count = None;
        histogram.positive_span.clear();
        histogram.positive_delta.clear();
    }
    assert_eq!(native, plain);
}

#[actix_web::test]
async fn exemplars_change_buckets_only() {
    let on = |builder: GdsMetricsBuilder| builder.exemplars(true);
    assert_golden("text.txt", &text(on, Some(TEXT[0])).await);

    let openmetrics = text(on, Some(PROMETHEUS[0])).await;
    let mut without = String::new();
    for line in openmetrics.lines() {
        let bucket = line.split_once(" # {").map(|(bucket, _)| bucket);
        if let Some(bucket) = bucket {
            let name = bucket.split('{').next().unwrap_or_default();
            assert!(name.ends_with("_bucket"), "{line}");
        }
        without += bucket.unwrap_or(line);
        without.push('\n');
    }
    assert_ne!(without, openmetrics);
    assert_golden("openmetrics.txt", &without);

    let plain = families(|builder| builder).await;
    let mut traced = families(on).await;
    assert_ne!(traced, plain);
    for histogram in histograms(&mut traced) {
        for bucket in &mut histogram.bucket {
            bucket.exemplar = None;
        }
    }
    assert_eq!(traced, plain);
}

#[actix_web::test]
async fn start_timestamps_add_lines_to_openmetrics_only() {
    let on = |builder: GdsMetricsBuilder| builder.start_timestamps(true);
    assert_golden("text.txt", &text(on, Some(TEXT[0])).await);
    assert_eq!(families(on).await, families(|builder| builder).await);

    let is_created = |line: &str| {
        let name = line.split(['{', ' ']).next().unwrap_or_default();
        name.ends_with("_created")
    };
    let openmetrics = text(on, Some(PROMETHEUS[0])).await;
    assert_golden("openmetrics.txt", &without_lines(&openmetrics, is_created));
}

#[actix_web::test]
async fn label_names_change_the_labels_of_requests_only() {
    let on = |builder: GdsMetricsBuilder| builder.label_names(LabelNames::OpenTelemetry);
    for accept in [TEXT[0], PROMETHEUS[0]] {
        let plain = text(|builder| builder, Some(accept)).await;
        let named = text(on, Some(accept)).await;
        let is_of_requests = |line: &str| {
            let name = line.split('{').next().unwrap_or_default();
            line.contains('{')
                && name.starts_with("http_server_")
                && !line.contains("{error=\"")
                && !line.contains("{reason=\"")
        };
        let rest = without_lines(&plain, is_of_requests);
        assert_eq!(without_lines(&named, is_of_requests), rest);
    }

    let parse = |text: &str| {
        let (_, body) = text.split_once("\n\n").expect("a body");
        Scrape::parse(body)
    };
    let mut plain = parse(&text(|builder| builder, Some(TEXT[0])).await);
    for sample in &mut plain.samples {
        // These conventions have no host there.
        if sample.name == "http_server_active_requests" {
            sample.labels.remove("host");
        }
    }
    let named = parse(&text(on, Some(TEXT[0])).await);
    let sorted = |scrape: Scrape| {
        let samples = scrape.samples.into_iter();
        let mut lines: Vec<String> = samples.map(|sample| format!("{sample:?}")).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(named.in_gds_names()), sorted(plain));
}

/// An exposition in protobuf, without times.
async fn families(
    settings: impl FnOnce(GdsMetricsBuilder) -> GdsMetricsBuilder,
) -> Vec<MetricFamily> {
    let (_, body) = scraped(settings, Some(PROTOBUF)).await;
    let mut families = decode(&body);
    for family in &mut families {
        let is_time = family.name().ends_with("_duration_seconds");
        for metric in &mut family.metric {
            if let Some(counter) = &mut metric.counter {
                counter.start_timestamp = None;
            }
            if let Some(summary) = &mut metric.summary {
                summary.start_timestamp = None;
            }
            if let Some(histogram) = &mut metric.histogram {
                assert!(histogram.start_timestamp.take().is_some());
                if is_time {
                    histogram.sample_sum = None;
                }
            }
        }
    }
    families
}

fn histograms(
    families: &mut [MetricFamily],
) -> impl Iterator<Item = &mut crate::support::protobuf::Histogram> {
    let metrics = families.iter_mut().flat_map(|family| &mut family.metric);
    metrics.filter_map(|metric| metric.histogram.as_mut())
}
