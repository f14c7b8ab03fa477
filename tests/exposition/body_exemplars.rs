//! Exemplars of the extended group, whose values are known when a body ends.

use std::{future::poll_fn, time::Duration};

use actix_http::Request;
use actix_web::{
    App, Error, HttpMessage, HttpRequest, HttpResponse,
    body::{BodyStream, MessageBody},
    dev::{Service, ServiceResponse},
    rt,
    test::{self, TestRequest},
    web::{self, Bytes},
};
use futures_util::{StreamExt as _, stream};
use gds_metrics::{Format, GdsMetrics};

use crate::{
    exemplars::{DURATION, VALID, exemplars, trace},
    support::protobuf::pairs,
};

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
