//! When an exposition is rendered, and what happens if rendering fails or is large.

use std::{
    fmt,
    future::poll_fn,
    pin::pin,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::Poll,
    time::Duration,
};

use actix_web::{
    App, HttpServer,
    body::{BodySize, MessageBody as _},
    dev::Service as _,
    http::{Method, header},
    test::{self, TestRequest},
    web,
};
use futures_util::FutureExt as _;
use gds_metrics::{
    Counter, EncodeLabelSet, Family, Format, GdsMetricSet, GdsMetrics,
    prometheus_client::{
        collector::Collector,
        encoding::{DescriptorEncoder, EncodeMetric as _},
        metrics::{MetricType, gauge::ConstGauge},
    },
};

use crate::support::{
    ON_PURPOSE, eventually, quiet_panics,
    server::{Server, serve},
};

/// Writes a given number of series, and may be told to wait or to fail first.
#[derive(Clone, Debug, Default)]
struct Probe(Arc<State>);

#[derive(Debug, Default)]
struct State {
    calls: AtomicUsize,
    series: AtomicUsize,
    fails: AtomicBool,
    panics: AtomicBool,
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Probe {
    fn registered() -> (Self, GdsMetrics) {
        quiet_panics();
        let builder = GdsMetrics::builder().bearer_token("secret").extended(true);
        let (probe, metrics) = (Self::default(), builder.build().expect("a token"));
        let collector = Box::new(probe.clone());
        metrics.register_with(|registry| registry.register_collector(collector));
        (probe, metrics)
    }

    fn calls(&self) -> usize {
        self.0.calls.load(SeqCst)
    }

    fn stop(&self, stopped: bool) {
        *self.0.stopped.lock().expect("no panic under the lock") = stopped;
        self.0.changed.notify_all();
    }
}

impl Collector for Probe {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let state = &*self.0;
        state.calls.fetch_add(1, SeqCst);
        let stopped = state.stopped.lock().expect("no panic under the lock");
        let wait = state.changed.wait_while(stopped, |stopped| *stopped);
        drop(wait.expect("no panic under the lock"));
        let mut family = encoder.encode_descriptor("probe", "Probes.", None, MetricType::Gauge)?;
        for number in 0..state.series.load(SeqCst) {
            let labels = [("number", number)];
            ConstGauge::new(1_u32).encode(family.encode_family(&labels)?)?;
        }
        assert!(!state.panics.load(SeqCst), "{ON_PURPOSE}");
        if state.fails.load(SeqCst) {
            return Err(fmt::Error);
        }
        Ok(())
    }
}

/// A server with one worker, with a page beside the metrics.
fn one_worker(metrics: GdsMetrics) -> Server {
    serve(move |listener| {
        let factory = move || {
            App::new()
                .service(metrics.scope())
                .route("/", web::get().to(|| async { "index" }))
        };
        Ok(HttpServer::new(factory).workers(1).listen(listener)?.run())
    })
}

const SCRAPE: &str = "GET /metrics HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer secret\r\n\r\n";

#[actix_web::test]
async fn nothing_is_rendered_for_refused_requests() {
    let (probe, metrics) = Probe::registered();
    let app = test::init_service(App::new().service(metrics.scope())).await;
    for (method, token, status, calls) in [
        ("GET", "", 401, 0),
        ("HEAD", "Bearer", 401, 0),
        ("GET", "Bearer wrong", 403, 0),
        ("POST", "Bearer secret", 405, 0),
        ("GET", "Bearer secret", 200, 1),
        // Nothing is rendered for requests that do not get it.
        ("HEAD", "Bearer secret", 200, 1),
    ] {
        let request = TestRequest::with_uri("/metrics")
            .method(method.parse().expect("a method"))
            .insert_header((header::AUTHORIZATION, token));
        let response = test::call_service(&app, request.to_request()).await;
        assert_eq!(response.status(), status);
        assert_eq!(probe.calls(), calls, "{method} {token}");
    }
}

/// The headers of `GET` except the length, which is unknown; the connection stays open.
#[test]
fn head() {
    let (_, metrics) = Probe::registered();
    let server = one_worker(metrics);
    let mut client = server.connect();
    let head_then_get = SCRAPE.replace("GET", "HEAD") + SCRAPE;
    client.send(head_then_get);
    let [head, get] = [client.head(), client.response()];
    assert_eq!([head.status, get.status], [200, 200]);
    for name in ["content-type", "cache-control", "vary", "content-encoding"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    assert!(get.header("content-length").is_some());
    for name in ["content-length", "transfer-encoding", "connection"] {
        assert_eq!(head.header(name), None, "{name}");
    }
}

/// Asks for the metrics that it is part of.
#[derive(Debug, Default)]
struct Curious(Mutex<Option<GdsMetrics>>);

/// The results that the collector got.
static FOUND: Mutex<Vec<(String, Option<f64>)>> = Mutex::new(Vec::new());

impl Collector for Curious {
    fn encode(&self, _: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let metrics = self.0.lock().expect("no panic under the lock").clone();
        let metrics = metrics.expect("it is set before it is asked");
        let error = metrics.encode(Format::OpenMetrics).expect_err("nested");
        let sample = metrics.sample("http_server_exceptions_total", &[("error", "panic")]);
        assert!(metrics.sum("http_server_exceptions_total", &[]).is_nan());
        let mut found = FOUND.lock().expect("no panic under the lock");
        found.push((error.to_string(), sample));
        Ok(())
    }
}

/// The collector gets an error: no deadlock and no infinite recursion.
#[actix_web::test]
async fn a_collector_that_asks_for_the_metrics() {
    let metrics = GdsMetrics::builder().build().expect("the defaults");
    let curious = Curious(Mutex::new(Some(metrics.clone())));
    metrics.register_with(|registry| registry.register_collector(Box::new(curious)));
    let app = test::init_service(App::new().service(metrics.scope())).await;
    let request = TestRequest::with_uri("/metrics").to_request();
    assert_eq!(test::call_service(&app, request).await.status(), 200);
    let labels = [("error", "panic")];
    let sample = metrics.sample("http_server_exceptions_total", &labels);
    assert_eq!(sample, Some(0.0));
    let found = FOUND.lock().expect("no panic under the lock");
    assert_eq!(found.len(), 2);
    for (error, sample) in &*found {
        assert!(error.contains("already"), "{error}");
        assert_eq!(*sample, None);
    }
}

/// No partial body: a scrape that fails returns only an error.
#[actix_web::test]
async fn failed_scrapes_have_no_partial_body() {
    let (probe, metrics) = Probe::registered();
    probe.0.series.store(20_000, SeqCst);
    let app = test::init_service(App::new().service(metrics.scope())).await;
    let outcome = |outcome| {
        let name = "gds_metrics_scrapes_total";
        metrics.sample(name, &[("outcome", outcome)])
    };
    // The thread continues.
    for round in 1..=2 {
        for (flag, what) in [(&probe.0.fails, "fails"), (&probe.0.panics, "panics")] {
            flag.store(true, SeqCst);
            for encoding in ["identity", "gzip"] {
                let request = TestRequest::with_uri("/metrics")
                    .insert_header((header::AUTHORIZATION, "Bearer secret"))
                    .insert_header((header::ACCEPT_ENCODING, encoding));
                let response = test::call_service(&app, request.to_request()).await;
                assert_eq!(response.status(), 500, "{what}");
                let names = [header::CONTENT_TYPE, header::CONTENT_ENCODING];
                assert!(
                    names
                        .iter()
                        .all(|name| !response.headers().contains_key(name))
                );
                assert!(test::read_body(response).await.is_empty(), "{what}");
            }
            if what == "fails" {
                let error = metrics.encode(Format::Text).expect_err("a failure");
                assert!(
                    error.to_string().contains("could not be encoded"),
                    "{error}"
                );
            }
            flag.store(false, SeqCst);
        }
        let request = TestRequest::with_uri("/metrics")
            .insert_header((header::AUTHORIZATION, "Bearer secret"));
        let body = test::call_and_read_body(&app, request.to_request()).await;
        assert!(body.len() > 256 * 1024);
        assert_eq!(outcome("error"), Some(f64::from(4 * round)));
    }
    // Counted after it was written.
    assert_eq!(outcome("ok"), Some(2.0));
}

/// A socket that takes all data at once does not occupy the worker for long.
#[actix_web::test]
async fn other_tasks_run_between_chunks() {
    let (probe, metrics) = Probe::registered();
    let app = test::init_service(App::new().service(metrics.scope())).await;
    for (series, large) in [(20_000, true), (5_000, false)] {
        probe.0.series.store(series, SeqCst);
        let request = TestRequest::with_uri("/metrics")
            .insert_header((header::AUTHORIZATION, "Bearer secret"));
        let response = test::call_service(&app, request.to_request()).await;
        let mut body = pin!(response.into_body());
        let size = body.size();
        let (mut pieces, mut turns, mut len) = (0, 0, 0);
        poll_fn(|cx| {
            loop {
                match body.as_mut().poll_next(cx) {
                    Poll::Pending => {
                        turns += 1;
                        return Poll::Pending;
                    }
                    Poll::Ready(None) => return Poll::Ready(()),
                    Poll::Ready(Some(piece)) => {
                        pieces += 1;
                        len += piece.expect("no error").len() as u64;
                    }
                }
            }
        })
        .await;
        assert_eq!(size, BodySize::Sized(len));
        assert_eq!(len > 256 * 1024, large, "{len}");
        assert!(pieces > 1);
        assert_eq!(turns, if large { pieces - 1 } else { 0 });
    }
}

/// One thread renders large expositions; a few scrapes may wait, and the next one is refused.
#[test]
fn scrapes_beyond_the_queue_are_refused() {
    let (probe, metrics) = Probe::registered();
    probe.0.series.store(20_000, SeqCst);
    let server = one_worker(metrics);
    let len = server.ask(SCRAPE).body.len();
    assert!(len > 256 * 1024);

    probe.stop(true);
    let scrape = || {
        let mut client = server.connect();
        client.send(SCRAPE);
        client
    };
    let mut waiting = vec![scrape()];
    eventually(2, || probe.calls());
    waiting.extend([(); 8].map(|()| scrape()));
    // One is being rendered, and four wait.
    let mut refused = Vec::new();
    eventually(4, || {
        // None of this delays the only worker.
        assert_eq!(server.connect().get("/").text(), "index");
        waiting.retain_mut(|client| {
            let answer = client.response_within(Duration::from_millis(5));
            let waits = answer.is_none();
            refused.extend(answer);
            waits
        });
        refused.len()
    });
    for answer in refused {
        assert_eq!(answer.status, 503);
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert!(answer.body.is_empty());
    }
    probe.stop(false);
    for client in &mut waiting {
        let answer = client.response();
        assert_eq!(answer.status, 200);
        assert!(answer.body.len() >= len);
    }
}

/// A collector that waits does not delay requests, however little it writes.
#[test]
fn slow_collectors() {
    let (probe, metrics) = Probe::registered();
    let server = one_worker(metrics);
    for calls in 1..=3 {
        probe.stop(true);
        let mut client = server.connect();
        client.send(SCRAPE);
        eventually(calls, || probe.calls());
        assert_eq!(server.connect().get("/").text(), "index");
        probe.stop(false);
        assert_eq!(client.response().status, 200);
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Number {
    number: String,
}

#[derive(Debug, GdsMetricSet)]
struct Wide {
    /// Series with long labels, whose text is created once.
    wide: Family<Number, Counter>,
}

/// A small scrape is rendered on the worker, at the first poll. The first scrape after a family has
/// grown is not: its cost is known before it is rendered.
#[actix_web::test]
async fn the_first_scrape_after_a_family_has_grown() {
    let metrics = GdsMetrics::builder().build().expect("the defaults");
    let wide: Wide = metrics.register().expect("a free name");
    let app = test::init_service(App::new().service(metrics.scope())).await;
    let scrape = || {
        let request = TestRequest::with_uri("/metrics").to_request();
        app.call(request).now_or_never()
    };
    assert!(scrape().is_some(), "it is small");
    for number in 0..5_000 {
        let number = number.to_string();
        wide.wide.get_or_create(&Number { number }).inc();
    }
    assert!(scrape().is_none(), "it is written on the worker");
}

/// Clients that do not read their responses use only a limited share of the memory.
#[actix_web::test]
async fn unread_responses_use_limited_memory() {
    let builder = GdsMetrics::builder().bearer_token("secret");
    let metrics = builder.build().expect("a token");
    let wide: Wide = metrics.register().expect("a free name");
    for number in 0..200 {
        let number = format!("{number}{:50000}", "");
        wide.wide.get_or_create(&Number { number }).inc();
    }
    let app = test::init_service(App::new().service(metrics.scope())).await;
    let scrape = |method: Method| {
        let request = TestRequest::with_uri("/metrics")
            .method(method)
            .insert_header((header::AUTHORIZATION, "Bearer secret"));
        test::call_service(&app, request.to_request())
    };
    // Responses without a body use none.
    let mut unread = Vec::new();
    for _ in 0..20 {
        unread.push(scrape(Method::HEAD).await);
    }
    assert!(unread.iter().all(|response| response.status() == 200));
    unread.clear();
    let refused = loop {
        let response = scrape(Method::GET).await;
        if response.status() != 200 {
            break response;
        }
        unread.push(response);
        assert!(unread.len() < 20, "without end");
    };
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
    // 10 MB each.
    assert!(unread.len() >= 12, "{}", unread.len());
    // It is enough that one client continues to read.
    let mut body = pin!(unread.remove(0).into_body());
    for _ in 0..100 {
        let piece = poll_fn(|cx| body.as_mut().poll_next(cx)).await;
        assert!(piece.is_some());
    }
    let last = scrape(Method::GET).await;
    assert_eq!(last.status(), 200);
    assert_eq!(scrape(Method::GET).await.status(), 503);
    drop(unread);
    assert_eq!(scrape(Method::GET).await.status(), 200);
}

/// Stuck blocking calls of the application do not delay a scrape.
#[test]
fn stuck_blocking_pool() {
    let (probe, metrics) = Probe::registered();
    probe.0.series.store(20_000, SeqCst);
    let (stuck, held) = (Arc::new(AtomicUsize::new(0)), Probe::default());
    held.stop(true);
    let (counted, holder) = (Arc::clone(&stuck), held.clone());
    let server = serve(move |listener| {
        let factory = move || {
            let (counted, holder) = (Arc::clone(&counted), holder.clone());
            let handler = move || {
                let (counted, holder) = (Arc::clone(&counted), holder.clone());
                async move {
                    let work = move || {
                        counted.fetch_add(1, SeqCst);
                        let stopped = holder.0.stopped.lock().expect("no panic under the lock");
                        drop(holder.0.changed.wait_while(stopped, |stopped| *stopped));
                    };
                    web::block(work).await.map(|()| "done")
                }
            };
            App::new()
                .service(metrics.scope())
                .route("/block", web::get().to(handler))
        };
        Ok(HttpServer::new(factory)
            .workers(1)
            .worker_max_blocking_threads(1)
            .listen(listener)?
            .run())
    });
    let mut blocked: Vec<_> = [(); 3].map(|()| server.connect()).into();
    for client in &mut blocked {
        client.send("GET /block HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    eventually(1, || stuck.load(SeqCst));
    for _ in 0..3 {
        assert_eq!(server.ask(SCRAPE).status, 200);
    }
    held.stop(false);
    for client in &mut blocked {
        assert_eq!(client.response().text(), "done");
    }
}
