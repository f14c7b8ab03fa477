//! Polls that block their worker for long.

use std::{
    convert::Infallible,
    fmt,
    future::{pending, poll_fn},
    net::TcpListener,
    panic::{AssertUnwindSafe, panic_any},
    sync::mpsc,
    task::Poll,
    thread,
    time::{Duration, Instant},
};

use actix_web::{
    App, HttpResponse, HttpServer, ResponseError,
    body::{self, BodyStream, MessageBody},
    dev::{Service as _, ServiceRequest, ServiceResponse},
    error, http, rt,
    test::{self, TestRequest},
    web,
};
use futures_util::{FutureExt as _, stream};
use gds_metrics::{Format, GdsMetrics};

use crate::{
    misuse::{ask_at_the_next_warning, listen, warnings_here},
    recorded,
};

const POLLS: &str = "http_server_blocking_polls_total";
const SECONDS: &str = "http_server_blocked_seconds_total";

/// Longer than a thread waits on a busy machine.
const LIMIT: Duration = Duration::from_millis(400);
const LONG: Duration = Duration::from_millis(450);

fn metrics() -> GdsMetrics {
    let builder = GdsMetrics::builder().detect_blocking(LIMIT);
    builder.exclude("/excluded").build().unwrap()
}

/// The long polls of a path; `None` if the path was never seen.
fn polls(metrics: &GdsMetrics, path: &str) -> Option<f64> {
    metrics.sample(POLLS, &[("path", path)])
}

fn seconds(metrics: &GdsMetrics, path: &str) -> f64 {
    metrics.sample(SECONDS, &[("path", path)]).unwrap()
}

fn long() {
    thread::sleep(LONG);
}

async fn sleeps() -> &'static str {
    long();
    "late"
}

async fn spins() -> &'static str {
    let start = Instant::now();
    while start.elapsed() < LONG {
        std::hint::spin_loop();
    }
    "late"
}

async fn awaits() -> &'static str {
    rt::time::sleep(LONG).await;
    "late"
}

/// Two long polls: one that is pending, and one that is ready.
async fn twice() -> &'static str {
    long();
    rt::task::yield_now().await;
    long();
    "late"
}

fn get(path: &str) -> actix_http::Request {
    TestRequest::with_uri(path).to_request()
}

#[actix_web::test]
async fn off_by_default() {
    let metrics = GdsMetrics::builder().build().unwrap();
    let app = App::new().route("/", web::get().to(sleeps));
    let app = test::init_service(app.wrap(metrics.clone())).await;
    test::call_service(&app, get("/")).await;
    let text = metrics.encode(Format::Text).unwrap();
    assert!(!text.contains("block"), "{text}");
}

/// On the workers of a real server.
#[actix_web::test]
async fn blocking_counts_and_waiting_does_not() {
    let metrics = metrics();
    let app_metrics = metrics.clone();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, handle) = mpsc::channel();
    let server = thread::spawn(move || {
        rt::System::new().block_on(async {
            let server = HttpServer::new(move || {
                App::new()
                    .route("/sleeps/{id}", web::get().to(sleeps))
                    .route("/spins", web::get().to(spins))
                    .route("/awaits", web::get().to(awaits))
                    .route("/twice", web::get().to(twice))
                    .route("/excluded", web::get().to(sleeps))
                    .default_service(web::to(sleeps))
                    .wrap(app_metrics.clone())
            });
            let server = server.workers(2).listen(listener).unwrap().run();
            sender.send(server.handle()).unwrap();
            server.await.unwrap();
        });
    });
    let handle = handle.recv().unwrap();
    let clients = [
        "/sleeps/1",
        "/sleeps/2",
        "/spins",
        "/awaits",
        "/twice",
        "/excluded",
        "/x",
    ];
    let clients = clients.map(|path| {
        thread::spawn(move || {
            use std::io::{Read as _, Write as _};
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            let head = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            let mut response = String::new();
            stream.read_to_string(&mut response).unwrap();
            assert!(response.ends_with("late"), "{path}: {response}");
        })
    });
    for client in clients {
        client.join().unwrap();
    }
    handle.stop(true).await;
    server.join().unwrap();

    let text = metrics.encode(Format::Text).unwrap();
    for (path, count) in [
        ("/sleeps/{id}", 2.0),
        ("/spins", 1.0),
        // The counter exists from the first request on, so `increase()` sees the first long poll.
        ("/awaits", 0.0),
        ("/twice", 2.0),
        ("No endpoint", 1.0),
    ] {
        assert_eq!(polls(&metrics, path), Some(count), "{path}: {text}");
        let seconds = seconds(&metrics, path);
        assert!(seconds >= count * LONG.as_secs_f64(), "{path}: {text}");
        assert!(seconds < count * 5.0 + 0.1, "{path}: {text}");
    }
    assert_eq!(polls(&metrics, "/excluded"), None, "{text}");
    let paths: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with(POLLS))
        .collect();
    assert!(paths.is_sorted() && paths.len() == 5, "{paths:?}");
}

/// The poll is counted as soon as it ends, not with the request.
#[actix_web::test]
async fn a_request_that_never_ends() {
    let metrics = metrics();
    let never = || async {
        long();
        pending::<&str>().await
    };
    let app = App::new().route("/users/{id}", web::get().to(never));
    let app = test::init_service(app.wrap(metrics.clone())).await;
    let mut request = Box::pin(app.call(get("/users/7")));
    assert!(request.as_mut().now_or_never().is_none());
    assert_eq!(polls(&metrics, "/users/{id}"), Some(1.0));
    drop(request);
    assert_eq!(polls(&metrics, "/users/{id}"), Some(1.0));
}

#[actix_web::test]
async fn a_panic() {
    async fn panics() -> HttpResponse {
        long();
        panic_any("on purpose")
    }

    let metrics = metrics();
    let app = App::new().route("/panics", web::get().to(panics));
    let app = test::init_service(app.wrap(metrics.clone())).await;
    let request = AssertUnwindSafe(app.call(get("/panics")));
    assert!(request.catch_unwind().await.is_err());
    assert_eq!(polls(&metrics, "/panics"), Some(1.0));
    assert_eq!(
        metrics.sum("http_server_requests_total", &[("code", "500")]),
        1.0
    );
}

/// An error from an inner middleware is not a response yet.
#[actix_web::test]
async fn an_error() {
    let metrics = metrics();
    let app = App::new()
        .route("/", web::get().to(awaits))
        .wrap_fn(|_, _| async {
            long();
            Err::<actix_web::dev::ServiceResponse, _>(error::ErrorForbidden("no"))
        })
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    assert!(test::try_call_service(&app, get("/")).await.is_err());
    assert_eq!(polls(&metrics, "/"), Some(1.0));
}

/// The call of a middleware is timed as part of the first poll, or separately if another task polls
/// the future.
#[actix_web::test]
async fn the_call_of_a_middleware_is_timed() {
    let metrics = metrics();
    let app = App::new()
        .route("/", web::get().to(|| async { "soon" }))
        .wrap_fn(|req: ServiceRequest, service| {
            if req.headers().contains_key("long") {
                long();
            }
            service.call(req)
        })
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    let request = || TestRequest::default().insert_header(("long", "1"));
    test::call_service(&app, request().to_request()).await;
    assert_eq!(polls(&metrics, "/"), Some(1.0));

    let called = app.call(request().version(http::Version::HTTP_2).to_request());
    assert_eq!(polls(&metrics, "/"), Some(2.0));
    called.await.unwrap();
    assert_eq!(polls(&metrics, "/"), Some(2.0));

    let waits_for_its_task = TestRequest::default().version(http::Version::HTTP_2);
    let called = app.call(waits_for_its_task.to_request());
    long();
    called.await.unwrap();
    assert_eq!(polls(&metrics, "/"), Some(2.0));
}

/// Bodies are polled after the request.
#[actix_web::test]
async fn a_body_is_not_timed() {
    let metrics = metrics();
    let blocks = || async {
        let body = stream::once(poll_fn(|_| {
            long();
            Poll::Ready(Ok::<_, Infallible>(web::Bytes::from_static(b"late")))
        }));
        HttpResponse::Ok().body(BodyStream::new(body).boxed())
    };
    let app = App::new().route("/", web::get().to(blocks));
    let app = test::init_service(app.wrap(metrics.clone())).await;
    let response = test::call_service(&app, get("/")).await;
    let body = body::to_bytes(response.into_body()).await;
    assert_eq!(body.unwrap_or_default(), "late");
    assert_eq!(polls(&metrics, "/"), Some(0.0));
}

#[actix_web::test]
async fn one_line_in_the_log_for_each_route() {
    listen();
    let metrics = metrics();
    let app = App::new()
        .route("/a/{id}", web::get().to(sleeps))
        .route("/b", web::get().to(sleeps));
    let app = test::init_service(app.wrap(metrics.clone())).await;
    // Another worker with the same metrics.
    let other = App::new().route("/a/{id}", web::get().to(sleeps));
    let other = test::init_service(other.wrap(metrics.clone())).await;
    for path in ["/a/1", "/a/2", "/b", "/b"] {
        test::call_service(&app, get(path)).await;
    }
    test::call_service(&other, get("/a/3")).await;
    assert_eq!(polls(&metrics, "/a/{id}"), Some(3.0));

    let warnings = warnings_here();
    assert_eq!(warnings.len(), 2, "{warnings:#?}");
    for (warning, path) in warnings.iter().zip(["`/a/{id}`", "`/b`"]) {
        for part in [
            path,
            "held its worker for ",
            "ms",
            "`actix_web::web::block`",
        ] {
            assert!(warning.contains(part), "{part}: {warning}");
        }
    }
}

#[actix_web::test]
async fn a_hundred_routes_are_bounded() {
    const MAX: usize = 10;
    let builder = GdsMetrics::builder().detect_blocking(Duration::from_millis(1));
    let metrics = builder.max_label_sets(MAX).build().unwrap();
    let mut app = App::new();
    for route in 0..100 {
        let blocks = || async {
            thread::sleep(Duration::from_millis(2));
            "late"
        };
        app = app.route(&format!("/{route}"), web::get().to(blocks));
    }
    let app = test::init_service(app.wrap(metrics.clone())).await;
    for _ in 0..2 {
        for route in 0..100 {
            test::call_service(&app, get(&format!("/{route}"))).await;
        }
    }
    let text = metrics.encode(Format::Text).unwrap();
    for name in [POLLS, SECONDS] {
        let lines = text.lines().filter(|line| line.starts_with(name));
        assert_eq!(lines.count(), MAX + 1, "{text}");
    }
    assert_eq!(metrics.sum(POLLS, &[]), 200.0, "{text}");
    assert_eq!(polls(&metrics, "_other"), Some(180.0), "{text}");
}

/// An error whose `Debug` takes long. This crate calls it after the response head.
struct SlowDebug;

impl fmt::Debug for SlowDebug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        long();
        f.write_str("SlowDebug")
    }
}

impl fmt::Display for SlowDebug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("slow")
    }
}

impl ResponseError for SlowDebug {}

#[actix_web::test]
async fn work_after_the_head_does_not_count() {
    let metrics = metrics();
    let waits = || async {
        rt::time::sleep(LONG).await;
        Err::<&str, _>(SlowDebug)
    };
    let app = App::new()
        .route(
            "/at-once",
            web::get().to(|| async { Err::<&str, _>(SlowDebug) }),
        )
        .route("/waits", web::get().to(waits));
    let app = test::init_service(app.wrap(metrics.clone())).await;
    for path in ["/at-once", "/waits"] {
        test::call_service(&app, get(path)).await;
        assert_eq!(polls(&metrics, path), Some(0.0), "{path}");
    }
}

/// An error without a status: the call panics.
#[derive(Debug)]
struct NoStatus;

impl fmt::Display for NoStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no status")
    }
}

impl ResponseError for NoStatus {
    fn status_code(&self) -> http::StatusCode {
        panic!("no status")
    }
}

#[actix_web::test]
async fn a_poll_whose_error_panics_counts() {
    let metrics = metrics();
    let app = App::new()
        .route("/", web::get().to(sleeps))
        .wrap_fn(|_, _| async {
            long();
            Err::<ServiceResponse, _>(NoStatus.into())
        });
    let app = test::init_service(app.wrap(metrics.clone())).await;
    let answer = AssertUnwindSafe(app.call(get("/"))).catch_unwind().await;
    assert!(answer.is_err());
    assert_eq!(recorded(&metrics), ["GET _invalid / 500 x1"]);
    assert_eq!(polls(&metrics, "/"), Some(1.0));
}

/// A logger panics if the pipe that it writes to is closed, for example.
#[actix_web::test]
async fn a_logger_that_panics_ends_nothing() {
    listen();
    let metrics = metrics();
    let app = App::new()
        .route("/ready", web::get().to(sleeps))
        .route("/pending", web::get().to(twice))
        .route(
            "/panics",
            web::get().to(|| async {
                long();
                panic_any("handler");
                #[allow(unreachable_code)]
                ""
            }),
        );
    let app = test::init_service(app.wrap(metrics.clone())).await;
    for (path, code) in [("/ready", 200), ("/pending", 200), ("/panics", 500)] {
        ask_at_the_next_warning(|| panic_any("logger"));
        let answer = AssertUnwindSafe(app.call(get(path))).catch_unwind().await;
        assert_eq!(answer.is_ok(), code == 200, "{path}");
        let labels = [("path", path), ("code", &code.to_string())];
        assert_eq!(metrics.sum("http_server_requests_total", &labels), 1.0);
        assert!(polls(&metrics, path) > Some(0.0), "{path}");
    }
    assert_eq!(metrics.sum("http_server_requests_total", &[]), 3.0);
}
