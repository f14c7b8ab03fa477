//! The extended group: bodies, and requests in flight.

use std::{panic::AssertUnwindSafe, task::Poll};

use actix_web::{
    App, Error, HttpResponse,
    body::{BodyStream, MessageBody as _, SizedStream},
    dev::Service as _,
    http::{Method, header},
    middleware::{Compress, Condition},
    test::{self, TestRequest},
    web::{self, Bytes},
};
use futures_util::{FutureExt as _, stream};
use gds_metrics::{Format, GdsMetrics};

use crate::support::{ON_PURPOSE, exposition::Scrape, quiet_panics};

const FAMILIES: [&str; 7] = [
    "gds_metrics_last_scrape_bytes",
    "gds_metrics_scrapes_total",
    "http_server_active_requests",
    "http_server_request_body_size_bytes",
    "http_server_response_body_size_bytes",
    "http_server_response_duration_seconds",
    "http_server_responses_truncated_total",
];

fn metrics() -> GdsMetrics {
    let builder = GdsMetrics::builder().extended(true);
    builder.without_host_label().build().expect("the defaults")
}

fn scrape(metrics: &GdsMetrics) -> Scrape {
    let scrape = Scrape::parse(&metrics.encode(Format::Text).expect("an exposition"));
    scrape.check();
    scrape
}

/// Count and sum of a histogram over all its series.
fn sum(scrape: &Scrape, family: &str) -> (f64, f64) {
    let add = |suffix| {
        let name = format!("{family}_{suffix}");
        scrape.of(&name).map(|sample| sample.value).sum()
    };
    (add("count"), add("sum"))
}

fn chunks(count: usize) -> HttpResponse {
    let chunks = stream::repeat_with(|| Ok::<_, Error>(Bytes::from_static(&[0; 1000])));
    HttpResponse::Ok().streaming(futures_util::StreamExt::take(chunks, count))
}

#[test]
fn off_by_default() {
    let scrape = scrape(&crate::support::metrics());
    for family in FAMILIES {
        assert!(!scrape.families.contains_key(family), "{family}");
    }
}

#[actix_web::test]
async fn families_exist_from_the_start() {
    let scrape = scrape(&metrics());
    for family in FAMILIES {
        assert!(scrape.families.contains_key(family), "{family}");
    }
    for reason in ["client", "body_error", "panic"] {
        let name = "http_server_responses_truncated_total";
        assert_eq!(scrape.value(name, &[("reason", reason)]), Some(0.0));
    }
}

/// Each row: the request, the bytes of both bodies that were actually read and sent, and whether
/// the response's duration is recorded.
#[actix_web::test]
async fn sizes() {
    type Row = (&'static str, &'static str, usize, (f64, f64));
    let table: [Row; 10] = [
        ("GET", "/text", 0, (0.0, 4.0)),
        ("HEAD", "/text", 0, (0.0, 0.0)),
        ("GET", "/chunks", 0, (0.0, 3000.0)),
        ("GET", "/empty", 0, (0.0, 0.0)),
        ("GET", "/not-modified", 0, (0.0, 0.0)),
        ("POST", "/read", 5000, (5000.0, 4.0)),
        ("POST", "/unread", 5000, (0.0, 6.0)),
        ("GET", "/nope", 0, (0.0, 0.0)),
        ("GET", "/error", 0, (0.0, 2.0)),
        ("POST", "/text", 0, (0.0, 0.0)),
    ];
    for (method, path, body, (read, sent)) in table {
        let metrics = metrics();
        let app = test::init_service(
            App::new()
                .route("/text", web::get().to(|| async { "text" }))
                .route("/text", web::head().to(|| async { "text" }))
                .route("/chunks", web::get().to(|| async { chunks(3) }))
                .route("/empty", web::get().to(HttpResponse::NoContent))
                .route("/not-modified", web::get().to(HttpResponse::NotModified))
                .route(
                    "/read",
                    web::post().to(|bytes: Bytes| async move { bytes.len().to_string() }),
                )
                .route("/unread", web::post().to(|| async { "unread" }))
                .route(
                    "/error",
                    web::get()
                        .to(|| async { Err::<&str, _>(actix_web::error::ErrorImATeapot("no")) }),
                )
                .wrap(metrics.clone()),
        )
        .await;
        let request = TestRequest::with_uri(path)
            .method(method.parse::<Method>().expect("a method"))
            .set_payload(vec![0; body]);
        let response = test::call_service(&app, request.to_request()).await;
        if method != "HEAD" {
            test::read_body(response).await;
        }
        let scrape = scrape(&metrics);
        let family = |name: &str| sum(&scrape, &format!("http_server_{name}"));
        assert_eq!(
            family("request_body_size_bytes"),
            (1.0, read),
            "{method} {path}"
        );
        assert_eq!(
            family("response_body_size_bytes"),
            (1.0, sent),
            "{method} {path}"
        );
        assert_eq!(family("response_duration_seconds").0, 1.0_f64);
        assert_eq!(active(&metrics), 0.0, "{method} {path}");
        assert_eq!(truncated(&metrics), [0.0; 3], "{method} {path}");
    }
}

/// From 256 B to 64 MiB, in steps of a factor of four.
#[actix_web::test]
async fn size_bounds() {
    let metrics = metrics();
    let app = App::new()
        .route("/", web::get().to(|| async { "index" }))
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    let request = TestRequest::with_uri("/").to_request();
    test::read_body(test::call_service(&app, request).await).await;
    let expected: Vec<f64> = (0..10).map(|n| 256.0 * 4_f64.powi(n)).collect();
    let scrape = scrape(&metrics);
    for side in ["request", "response"] {
        let name = format!("http_server_{side}_body_size_bytes_bucket");
        let bounds = scrape.of(&name).map(|sample| &sample.labels["le"]);
        let mut bounds: Vec<f64> = bounds.map(|le| le.parse().expect("a number")).collect();
        assert_eq!(bounds.pop(), Some(f64::INFINITY));
        assert_eq!(bounds, expected);
    }
}

fn active(metrics: &GdsMetrics) -> f64 {
    let scrape = scrape(metrics);
    let values = scrape.of("http_server_active_requests").map(|s| s.value);
    values.sum()
}

fn truncated(metrics: &GdsMetrics) -> [f64; 3] {
    let scrape = scrape(metrics);
    ["client", "body_error", "panic"].map(|reason| {
        let name = "http_server_responses_truncated_total";
        scrape
            .value(name, &[("reason", reason)])
            .expect("always there")
    })
}

/// A request is in flight until its body is complete or dropped, wherever the middleware is wrapped
/// and whatever surrounds it.
#[actix_web::test]
async fn active_requests() {
    for position in ["app", "scope", "resource", "compressed"] {
        let metrics = metrics();
        let on = |here| Condition::new(position == here, metrics.clone());
        let app = test::init_service(
            App::new()
                .service(
                    web::scope("/scope")
                        .service(
                            web::resource("/chunks")
                                .get(|| async { chunks(3) })
                                .wrap(on("resource")),
                        )
                        .service(
                            web::resource("/text")
                                .get(|| async { "text" })
                                .wrap(on("resource")),
                        )
                        .wrap(on("scope")),
                )
                .wrap(on("app"))
                .wrap(on("compressed"))
                .wrap_fn(|req, service| {
                    let answer = service.call(req);
                    answer.map(|answer| Ok(answer?.map_into_boxed_body()))
                })
                .wrap(Condition::new(
                    position == "compressed",
                    Compress::default(),
                )),
        )
        .await;
        for path in ["/scope/chunks", "/scope/text"] {
            let request = || {
                TestRequest::with_uri(path)
                    .insert_header((header::ACCEPT_ENCODING, "gzip"))
                    .to_request()
            };
            // Dropped before the head.
            let future = app.call(request());
            assert_eq!(active(&metrics), 1.0, "{position} {path}");
            drop(future);
            assert_eq!(active(&metrics), 0.0, "{position} {path}");
            // Up to the end of the body.
            let response = test::call_service(&app, request()).await;
            assert_eq!(
                active(&metrics),
                1.0,
                "{position} {path}: the body is still to come"
            );
            test::read_body(response).await;
            assert_eq!(active(&metrics), 0.0, "{position} {path}");
            assert_eq!(truncated(&metrics), [0.0; 3], "{position} {path}");
        }
        // Dropped within the body.
        let request = TestRequest::with_uri("/scope/chunks").to_request();
        let response = test::call_service(&app, request).await;
        let mut body = Box::pin(response.into_body());
        let first = std::future::poll_fn(|cx| body.as_mut().poll_next(cx)).await;
        assert!(matches!(first, Some(Ok(_))));
        assert_eq!(active(&metrics), 1.0, "{position}");
        drop(body);
        assert_eq!(active(&metrics), 0.0, "{position}");
        assert_eq!(truncated(&metrics), [1.0, 0.0, 0.0], "{position}");
    }
}

/// A body of known size that ends early leaves the client with a truncated response.
#[actix_web::test]
async fn short_bodies() {
    let metrics = metrics();
    let short = || async {
        let piece = stream::iter([Ok::<_, Error>(Bytes::from("half"))]);
        HttpResponse::Ok().body(SizedStream::new(8, piece))
    };
    let app = App::new()
        .route("/", web::get().to(short))
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    let response = test::call_service(&app, TestRequest::default().to_request()).await;
    assert_eq!(test::read_body(response).await, "half");
    assert_eq!(truncated(&metrics), [0.0, 1.0, 0.0]);
    assert_eq!(active(&metrics), 0.0);
}

/// A body that panics is distinguished from one that fails and from a client that disconnects.
#[actix_web::test]
async fn bodies_that_panic() {
    quiet_panics();
    let metrics = metrics();
    let broken = || async {
        let body =
            stream::poll_fn(|_| -> Poll<Option<Result<Bytes, Error>>> { panic!("{ON_PURPOSE}") });
        HttpResponse::Ok().body(BodyStream::new(body))
    };
    let app = App::new()
        .route("/", web::get().to(broken))
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    let response = test::call_service(&app, TestRequest::default().to_request()).await;
    let read = AssertUnwindSafe(test::read_body(response))
        .catch_unwind()
        .await;
    assert!(read.is_err());
    assert_eq!(truncated(&metrics), [0.0, 0.0, 1.0]);
    assert_eq!(active(&metrics), 0.0);
}

/// The client decides how long an event stream or an upgrade lasts: neither counts as truncated,
/// and neither has a duration.
#[actix_web::test]
async fn lasting_responses() {
    let metrics = metrics();
    let events = || async {
        let events = stream::repeat_with(|| Ok::<_, Error>(Bytes::from("data: 1\n\n")));
        HttpResponse::Ok()
            .content_type("text/event-stream; charset=utf-8")
            .body(BodyStream::new(events))
    };
    let upgrade = || async {
        let echo = stream::repeat_with(|| Ok::<_, Error>(Bytes::from("pong")));
        HttpResponse::SwitchingProtocols()
            .upgrade("websocket")
            .streaming(echo)
    };
    let app = test::init_service(
        App::new()
            .route("/events", web::get().to(events))
            .route("/upgrade", web::get().to(upgrade))
            .wrap(metrics.clone()),
    )
    .await;
    for path in ["/events", "/upgrade"] {
        let request = TestRequest::with_uri(path).to_request();
        let mut body = Box::pin(test::call_service(&app, request).await.into_body());
        let first = std::future::poll_fn(|cx| body.as_mut().poll_next(cx)).await;
        assert!(matches!(first, Some(Ok(_))));
        assert_eq!(active(&metrics), 1.0);
    }
    assert_eq!(active(&metrics), 0.0);
    assert_eq!(truncated(&metrics), [0.0; 3]);
    let scrape = scrape(&metrics);
    let count = |family| sum(&scrape, family).0;
    assert_eq!(count("http_server_response_duration_seconds"), 0.0);
    assert_eq!(count("http_server_response_body_size_bytes"), 2.0);
}

/// `http_server_active_requests` has the labels method and host; the host is `_other` until it has
/// a number.
#[actix_web::test]
async fn active_labels() {
    let metrics = GdsMetrics::builder().extended(true).build();
    let metrics = metrics.expect("the defaults");
    let app = App::new()
        .route("/wait", web::get().to(std::future::pending::<HttpResponse>))
        .route("/ok", web::get().to(|| async { "ok" }))
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    let request = |path, host| {
        TestRequest::with_uri(path)
            .insert_header((header::HOST, host))
            .to_request()
    };
    let value = |host| {
        let labels = [("method", "GET"), ("host", host)];
        metrics.sample("http_server_active_requests", &labels)
    };
    let early = app.call(request("/wait", "app.example"));
    assert_eq!(value("_other"), Some(1.0));
    let response = test::call_service(&app, request("/ok", "app.example")).await;
    test::read_body(response).await;
    let late = app.call(request("/wait", "app.example"));
    assert_eq!(value("app.example"), Some(1.0));
    assert_eq!(value("_other"), Some(1.0));
    drop((early, late));
    assert_eq!(value("app.example"), Some(0.0));
    assert_eq!(value("_other"), Some(0.0));
}

/// An excluded route is in flight like any other, and leaves no series.
#[actix_web::test]
async fn excluded() {
    let builder = GdsMetrics::builder().extended(true).exclude("/health");
    let metrics = builder.without_host_label().build().expect("a pattern");
    let app = App::new()
        .route("/health", web::get().to(|| async { chunks(3) }))
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    let request = || TestRequest::with_uri("/health").to_request();
    drop(app.call(request()));
    let response = test::call_service(&app, request()).await;
    drop(response);
    let response = test::call_service(&app, request()).await;
    test::read_body(response).await;
    assert_eq!(active(&metrics), 0.0);
    assert_eq!(scrape(&metrics).recorded(), [""; 0]);
}
