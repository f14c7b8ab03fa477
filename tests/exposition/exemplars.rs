//! Exemplars of custom histograms and of request durations.

use actix_web::{
    App, HttpMessage, HttpRequest, HttpResponse,
    http::header::{HeaderName, HeaderValue},
    rt,
    test::{self, TestRequest},
    web,
};
use gds_metrics::{
    EncodeLabelSet, Family, Format, GdsMetricSet, GdsMetrics, Histogram, TraceContext,
};

use crate::support::{
    metrics,
    protobuf::{Exemplar, MetricFamily, decode, pairs},
};

#[derive(Clone, Debug, GdsMetricSet)]
#[metric(prefix = "shop")]
struct ShopMetrics {
    /// Time taken to pack.
    #[metric(unit = "seconds", buckets = [0.5, 1.0])]
    packing: Histogram,
    /// Time taken to send.
    #[metric(unit = "seconds", buckets = [0.5, 1.0], native)]
    sending: Family<Email, Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Email {
    kind: &'static str,
}

pub(crate) fn trace(number: u8) -> TraceContext {
    TraceContext::new([number; 16], [number; 8])
}

/// The exemplars of a family's buckets. Also checks that all formats have as many as they should.
pub(crate) fn exemplars(metrics: &GdsMetrics, name: &str) -> Vec<Option<Exemplar>> {
    let families = decode(&metrics.encode_to_vec(Format::Protobuf).expect("bytes"));
    let buckets = |family: &MetricFamily| {
        let histograms = family.metric.iter();
        let histograms = histograms.filter_map(|metric| metric.histogram.as_ref());
        let buckets = histograms.flat_map(|histogram| &histogram.bucket);
        let exemplars: Vec<_> = buckets.map(|bucket| bucket.exemplar.clone()).collect();
        exemplars
    };
    let all = families.iter().flat_map(buckets).flatten();
    let text = metrics.encode(Format::OpenMetrics).expect("text");
    assert_eq!(text.matches(" # {").count(), all.count());
    // In the classic format, an exemplar would make the scrape fail.
    let text = metrics.encode(Format::Text).expect("text");
    assert!(!text.contains(" # ") && !text.contains("trace_id"));

    let family = families.iter().filter(|family| family.name() == name);
    family.flat_map(buckets).collect()
}

#[test]
fn observations_have_exemplars() {
    let metrics = metrics();
    let shop: ShopMetrics = metrics.register().expect("free names");
    let sending = shop.sending.get_or_create(&Email { kind: "new" });
    let before = metrics.encode(Format::OpenMetrics).expect("text");
    assert!(!before.contains(" # {"));
    for histogram in [&shop.packing, &sending] {
        histogram.observe(0.75);
        histogram.observe_with(0.25, &trace(0xab));
        // Less than a second later, so the first exemplar stays.
        histogram.observe_with(0.125, &trace(0xcd));
        // An id of zeros makes no exemplar.
        histogram.observe_with(0.75, &trace(0));
        histogram.observe_with(7.0, &trace(0xef));
        assert_eq!(histogram.count(), 5);
    }

    for (name, labels) in [
        ("shop_packing_seconds", ""),
        ("shop_sending_seconds", "kind=\"new\","),
    ] {
        let found = exemplars(&metrics, name);
        let [Some(first), None, Some(last)] = &found[..] else {
            panic!("{found:?}");
        };
        for (exemplar, id, value) in [(first, "ab", 0.25), (last, "ef", 7.0)] {
            let labels = pairs(&exemplar.label);
            assert_eq!(labels["trace_id"], id.repeat(16));
            assert_eq!(labels["span_id"], id.repeat(8));
            assert_eq!(labels.len(), 2);
            assert_eq!(exemplar.value, Some(value));
            let time = exemplar.timestamp.as_ref().expect("a time");
            assert!(time.seconds > 1_600_000_000);
        }

        let text = metrics.encode(Format::OpenMetrics).expect("text");
        let bucket = |bound: &str| {
            let start = format!("{name}_bucket{{{labels}le=\"{bound}\"}} ");
            let mut lines = text.lines().filter_map(|line| line.strip_prefix(&start));
            lines.next().expect("a bucket").to_owned()
        };
        let (trace, span) = ("ab".repeat(16), "ab".repeat(8));
        let expected = format!("2 # {{trace_id=\"{trace}\",span_id=\"{span}\"}} 0.25 ");
        let seconds = first.timestamp.as_ref().expect("a time").seconds;
        let expected = format!("{expected}{seconds}.");
        assert!(bucket("0.5").starts_with(&expected), "{}", bucket("0.5"));
        assert_eq!(bucket("1.0"), "4");
    }
}

pub(crate) const DURATION: &str = "http_server_request_duration_seconds";
pub(crate) const VALID: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Sends a request with these `traceparent` headers to an application that starts the trace `own` itself.
/// Returns the trace and the span of the exemplar in the metrics.
async fn traced(
    metrics: &GdsMetrics,
    own: Option<TraceContext>,
    headers: &[&str],
) -> Option<(String, String)> {
    let handler = move |req: HttpRequest| {
        if let Some(own) = own {
            req.extensions_mut().insert(own);
        }
        async { HttpResponse::Ok().finish() }
    };
    let app = App::new()
        .route("/", web::get().to(handler))
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    let mut request = TestRequest::with_uri("/");
    for header in headers {
        let name = HeaderName::from_static("traceparent");
        let value = HeaderValue::from_bytes(header.as_bytes()).expect("a header");
        request = request.append_header((name, value));
    }
    test::call_service(&app, request.to_request()).await;

    let found: Vec<Exemplar> = exemplars(metrics, DURATION).into_iter().flatten().collect();
    let [exemplar] = &found[..] else {
        assert!(found.is_empty(), "{found:?}");
        return None;
    };
    let value = exemplar.value.expect("a value");
    assert!(value > 0.0 && value < 10.0, "{value}");
    assert!(exemplar.timestamp.is_some());
    let mut labels = pairs(&exemplar.label);
    Some((labels.remove("trace_id")?, labels.remove("span_id")?))
}

fn with_exemplars() -> GdsMetrics {
    let builder = GdsMetrics::builder().exemplars(true);
    builder.build().expect("settings")
}

fn ids(trace: &str, span: &str) -> Option<(String, String)> {
    Some((trace.to_owned(), span.to_owned()))
}

#[actix_web::test]
async fn requests_have_exemplars() {
    let sent = ids("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    assert_eq!(traced(&with_exemplars(), None, &[VALID]).await, sent);
    let later = VALID.replacen("00", "01", 1) + "-more";
    assert_eq!(traced(&with_exemplars(), None, &[&later]).await, sent);

    // The application's own trace takes precedence.
    let own = ids(&"ab".repeat(16), &"ab".repeat(8));
    for headers in [&[][..], &[VALID], &["nonsense"], &[VALID, VALID]] {
        let found = traced(&with_exemplars(), Some(trace(0xab)), headers).await;
        assert_eq!(found, own, "{headers:?}");
    }
    // Ids of zeros make no exemplar.
    assert_eq!(
        traced(&with_exemplars(), Some(trace(0)), &[VALID]).await,
        None
    );
    // Exemplars are off by default.
    assert_eq!(traced(&metrics(), Some(trace(0xab)), &[VALID]).await, None);

    // Exemplars also work with native buckets.
    let metrics = GdsMetrics::builder()
        .exemplars(true)
        .native_histograms(true)
        .extended(true)
        .build()
        .expect("settings");
    assert_eq!(traced(&metrics, None, &[VALID]).await, sent);
}

#[actix_web::test]
async fn an_invalid_header_makes_no_exemplar() {
    let long = "x".repeat(100_000);
    for headers in [
        &[][..],
        &[VALID, VALID],
        &[VALID, ""],
        &["", VALID],
        &[""],
        &["00"],
        &[&VALID[..54]],
        &[&VALID[1..]],
        &[&(VALID.to_owned() + "0")],
        &[&(VALID.to_owned() + "-")],
        &[&(VALID.to_owned() + "-more")],
        &[&(VALID.to_owned() + &long)],
        &[&(VALID.replacen("00", "cc", 1) + &long)],
        &[&long],
        &[&VALID.replacen("00", "ff", 1)],
        &[&VALID.replace("-01", "-00")],
        &[&VALID.replace("-01", "-02")],
        &[&VALID.replace("-01", "-g1")],
        &[&VALID.to_uppercase()],
        &[&VALID.replace('-', "_")],
        &[&VALID.replace("0af7", "0ag7")],
        &[&VALID.replace("0af7", "\u{e9}f7")],
        &[&VALID.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32))],
        &[&VALID.replace("b7ad6b7169203331", &"0".repeat(16))],
    ] {
        let metrics = with_exemplars();
        let shown: Vec<&str> = headers
            .iter()
            .map(|h| &h[..h.floor_char_boundary(60)])
            .collect();
        assert_eq!(traced(&metrics, None, headers).await, None, "{shown:?}");
        assert_eq!(metrics.sum("http_server_requests_total", &[]), 1.0);
    }
}

/// A task that holds the extensions when the response is ready costs the exemplar, not the request.
#[actix_web::test]
// This is the mistake.
#[allow(clippy::await_holding_refcell_ref)]
async fn extensions_that_are_held_make_no_exemplar() {
    let handler = |req: HttpRequest| {
        rt::spawn(async move {
            let _held = req.extensions_mut();
            std::future::pending::<()>().await;
        });
        async {
            rt::task::yield_now().await;
            HttpResponse::Ok().finish()
        }
    };
    let builder = GdsMetrics::builder().exemplars(true).extended(true);
    let metrics = builder.build().expect("settings");
    let app = App::new()
        .route("/held", web::get().to(handler))
        .route("/", web::get().to(HttpResponse::Ok))
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    for (path, buckets) in [("/held", 0), ("/", 1)] {
        let request = TestRequest::with_uri(path).insert_header(("traceparent", VALID));
        let response = test::call_service(&app, request.to_request()).await;
        assert_eq!(response.status(), 200);
        drop(response);
        assert_eq!(
            exemplars(&metrics, DURATION).iter().flatten().count(),
            buckets,
            "{path}"
        );
        let requests = metrics.sum("http_server_requests_total", &[("path", path)]);
        assert_eq!(requests, 1.0, "{path}");
    }
}
