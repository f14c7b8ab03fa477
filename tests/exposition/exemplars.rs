//! Exemplars of custom histograms and of request durations.

use std::{future::poll_fn, time::Duration};

use actix_http::Request;
use actix_web::{
    App, Error, HttpMessage, HttpRequest, HttpResponse,
    body::{BodyStream, MessageBody},
    dev::{Service, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
    rt,
    test::{self, TestRequest},
    web::{self, Bytes},
};
use futures_util::{StreamExt as _, stream};
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

fn trace(number: u8) -> TraceContext {
    TraceContext::new([number; 16], [number; 8])
}

/// The exemplars of a family's buckets. Also checks that all formats have as many as they should.
fn exemplars(metrics: &GdsMetrics, name: &str) -> Vec<Option<Exemplar>> {
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

const DURATION: &str = "http_server_request_duration_seconds";
const VALID: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

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

const REQUEST_SIZE: &str = "http_server_request_body_size_bytes";
const RESPONSE_SIZE: &str = "http_server_response_body_size_bytes";
const RESPONSE_DURATION: &str = "http_server_response_duration_seconds";

/// The application's own trace, by the path.
fn own_trace(req: &HttpRequest) {
    if req.path() == "/own" {
        req.extensions_mut().insert(trace(0xab));
    }
}

/// Reads the request's body, and sends three pieces of 1,000 bytes. Every piece takes a while.
async fn pieces(req: HttpRequest, _: Bytes) -> HttpResponse {
    own_trace(&req);
    let pieces = stream::iter(0..3).then(|_| async {
        rt::time::sleep(Duration::from_millis(10)).await;
        Ok::<_, Error>(Bytes::from_static(&[0; 1000]))
    });
    HttpResponse::Ok().streaming(Box::pin(pieces))
}

async fn events() -> HttpResponse {
    let events = stream::repeat_with(|| Ok::<_, Error>(Bytes::from_static(b"data: 1\n\n")));
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .body(BodyStream::new(events))
}

async fn bodies(
    metrics: &GdsMetrics,
) -> impl Service<Request, Response = ServiceResponse<impl MessageBody>, Error = Error> {
    let app = App::new()
        .route("/own", web::post().to(pieces))
        .route("/sent", web::post().to(pieces))
        .route("/events", web::post().to(events))
        .wrap(metrics.clone());
    test::init_service(app).await
}

fn post(path: &str, size: usize, header: Option<&'static str>) -> Request {
    let mut request = TestRequest::post().uri(path).set_payload(vec![0; size]);
    if let Some(header) = header {
        request = request.insert_header(("traceparent", header));
    }
    request.to_request()
}

/// The buckets that have an exemplar, and the trace and the value of it.
fn found(metrics: &GdsMetrics, name: &str) -> Vec<(usize, String, f64)> {
    let all = exemplars(metrics, name).into_iter().enumerate();
    let all = all.filter_map(|(bucket, exemplar)| {
        let exemplar = exemplar?;
        assert!(exemplar.timestamp.is_some());
        let id = pairs(&exemplar.label).remove("trace_id")?;
        Some((bucket, id, exemplar.value?))
    });
    all.collect()
}

#[actix_web::test]
async fn bodies_have_exemplars() {
    let sent = "0af7651916cd43dd8448eb211c80319c".to_owned();
    for native in [false, true] {
        for (path, header, id) in [
            ("/sent", Some(VALID), sent.clone()),
            ("/own", Some(VALID), "ab".repeat(16)),
            ("/own", None, "ab".repeat(16)),
        ] {
            let metrics = GdsMetrics::builder()
                .exemplars(true)
                .extended(true)
                .native_histograms(native)
                .buckets([0.025, 10.0]);
            let metrics = metrics.build().expect("settings");
            let app = bodies(&metrics).await;
            let response = test::call_service(&app, post(path, 5000, header)).await;
            assert_eq!(found(&metrics, REQUEST_SIZE), [], "the body is not over");
            test::read_body(response).await;

            let size = |bucket, size| vec![(bucket, id.clone(), size)];
            assert_eq!(found(&metrics, REQUEST_SIZE), size(3, 5000.0));
            assert_eq!(found(&metrics, RESPONSE_SIZE), size(2, 3000.0));
            let [(0, head, until_head)] = &found(&metrics, DURATION)[..] else {
                panic!("{:?}", found(&metrics, DURATION));
            };
            let [(1, body, until_end)] = &found(&metrics, RESPONSE_DURATION)[..] else {
                panic!("{:?}", found(&metrics, RESPONSE_DURATION));
            };
            assert_eq!((head, body), (&id, &id));
            assert!(*until_end >= until_head + 0.03, "{until_head} {until_end}");
            let sum = metrics.sum("http_server_response_duration_seconds_sum", &[]);
            assert_eq!(*until_end, sum);

            let text = metrics.encode(Format::OpenMetrics).expect("text");
            let line = format!(r#"le="16384.0"}} 1 # {{trace_id="{id}",span_id=""#);
            let lines: Vec<&str> = text.lines().filter(|text| text.contains(&line)).collect();
            let [line] = lines[..] else {
                panic!("{lines:?}");
            };
            assert!(line.contains("\"} 5000.0 1"), "{line}");
        }
    }
}

#[actix_web::test]
async fn only_the_bodies_of_traced_requests_have_exemplars() {
    let builder = GdsMetrics::builder().exemplars(true).extended(true);
    let metrics = builder.exclude("/own").build().expect("settings");
    let app = bodies(&metrics).await;
    let response = test::call_service(&app, post("/own", 10, Some(VALID))).await;
    test::read_body(response).await;
    assert_eq!(exemplars(&metrics, REQUEST_SIZE), [], "excluded");

    let response = test::call_service(&app, post("/sent", 10, Some(VALID))).await;
    // This response is dropped, and its observer is used for the next request.
    drop(response);
    let unsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    for header in [None, Some(unsampled), Some("nonsense")] {
        let response = test::call_service(&app, post("/sent", 5000, header)).await;
        test::read_body(response).await;
    }
    let buckets = |name| {
        let found = found(&metrics, name).into_iter();
        let buckets: Vec<_> = found.map(|(bucket, _, value)| (bucket, value)).collect();
        buckets
    };
    assert_eq!(buckets(REQUEST_SIZE), [(0, 10.0)]);
    assert_eq!(buckets(RESPONSE_SIZE), [(0, 0.0)]);
    assert_eq!(buckets(RESPONSE_DURATION), []);

    // The end of an event stream has no duration, so it has no exemplar either.
    let response = test::call_service(&app, post("/events", 0, Some(VALID))).await;
    let mut body = Box::pin(response.into_body());
    poll_fn(|cx| body.as_mut().poll_next(cx)).await;
    drop(body);
    let path = [("path", "/events")];
    assert_eq!(
        metrics.sum("http_server_response_body_size_bytes_sum", &path),
        9.0
    );
    assert_eq!(buckets(RESPONSE_DURATION), []);
    let text = metrics.encode(Format::OpenMetrics).expect("text");
    let events = text.lines().filter(|line| line.contains("/events"));
    let events = events.filter(|line| line.contains(" # {")).count();
    assert_eq!(events, 3, "the duration and both sizes");

    // Off: nothing.
    let builder = GdsMetrics::builder().extended(true);
    let metrics = builder.build().expect("settings");
    let app = bodies(&metrics).await;
    let response = test::call_service(&app, post("/own", 10, Some(VALID))).await;
    test::read_body(response).await;
    assert!(
        exemplars(&metrics, REQUEST_SIZE)
            .iter()
            .all(Option::is_none)
    );
}
