//! The delay of the workers' timers.

use std::{
    net::TcpListener,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::{ServiceRequest, Transform as _, fn_service},
    rt,
    test::{self, TestRequest},
    web,
};
use futures_util::FutureExt as _;
use gds_metrics::{Format, GdsMetrics};

use crate::misuse::{ask_at_the_next_warning, listen, warnings_here};

const NAME: &str = "gds_metrics_event_loop_delay_seconds";

fn metrics() -> GdsMetrics {
    let builder = GdsMetrics::builder().event_loop_delay(true);
    builder.build().expect("the settings are right")
}

fn count(metrics: &GdsMetrics) -> f64 {
    let count = metrics.sample(&format!("{NAME}_count"), &[]);
    count.expect("there from the start")
}

#[actix_web::test]
async fn can_be_switched_off() {
    let metrics = GdsMetrics::builder().event_loop_delay(false).build();
    let metrics = metrics.expect("the settings are right");
    let text = metrics.encode(Format::Text).expect("an exposition");
    assert!(!text.contains(NAME), "{text}");
}

#[actix_web::test]
async fn a_blocked_worker() {
    let metrics = metrics();
    let app = App::new()
        .route(
            "/",
            web::get().to(|| async {
                thread::sleep(Duration::from_millis(2_300));
                "late"
            }),
        )
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    assert_eq!(count(&metrics), 0.0);
    test::call_service(&app, TestRequest::get().to_request()).await;
    rt::time::sleep(Duration::from_millis(50)).await;

    // Due after 0.5, 1, 1.5 and 2 seconds, and late by at least 1.8, 1.3, 0.8 and 0.3 seconds.
    let text = metrics.encode(Format::Text).expect("an exposition");
    let at_once = metrics.sample(&format!("{NAME}_bucket"), &[("le", "0.25")]);
    let late = count(&metrics) - at_once.expect("a bucket");
    assert!(late >= 4.0, "{text}");
    let sum = metrics.sample(&format!("{NAME}_sum"), &[]);
    assert!(sum.is_some_and(|sum| sum >= 4.2), "{text}");
}

/// One timer, however many apps a thread has, and as long as it has any.
#[actix_web::test]
async fn one_timer_for_each_thread() {
    let metrics = metrics();
    let first = test::init_service(App::new().wrap(metrics.clone())).await;
    let second = test::init_service(App::new().wrap(metrics.clone())).await;
    let start = Instant::now();
    let as_one_timer = || {
        let due = start.elapsed().as_secs_f64() * 2.0;
        let ticks = count(&metrics);
        assert!(
            due - 2.0 <= ticks && ticks <= due + 0.1,
            "{ticks} ticks of {due}"
        );
    };
    rt::time::sleep(Duration::from_millis(1_750)).await;
    as_one_timer();

    drop(first);
    rt::time::sleep(Duration::from_millis(1_000)).await;
    as_one_timer();

    drop(second);
    let ended = count(&metrics);
    rt::time::sleep(Duration::from_millis(1_250)).await;
    assert_eq!(count(&metrics), ended);

    // The timer runs again with the next app.
    let _third = test::init_service(App::new().wrap(metrics.clone())).await;
    rt::time::sleep(Duration::from_millis(750)).await;
    assert!(count(&metrics) > ended);
}

#[test]
fn all_workers_of_a_server() {
    const WORKERS: usize = 3;

    let metrics = metrics();
    let of_server = metrics.clone();
    let (sender, handle) = mpsc::channel();
    let server = thread::spawn(move || {
        rt::System::new().block_on(async move {
            let app = move || {
                App::new()
                    .wrap(of_server.clone())
                    .default_service(web::to(HttpResponse::Ok))
            };
            // Each worker creates an app for each listener.
            let listener = || TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
            let server = HttpServer::new(app)
                .workers(WORKERS)
                .listen(listener())
                .expect("a listener");
            let server = server.listen(listener()).expect("a listener").run();
            sender.send(server.handle()).expect("the test waits");
            server.await.expect("a clean end");
        });
    });
    let handle = handle.recv().expect("a server");
    let start = Instant::now();
    thread::sleep(Duration::from_millis(1_300));
    let ticks = count(&metrics) / WORKERS as f64;
    let most = start.elapsed().as_secs_f64() * 2.0;
    assert!(
        1.0 <= ticks && ticks <= most,
        "{ticks} ticks, {most} at most"
    );

    drop(handle.stop(false));
    server.join().expect("a clean end");
    let ended = count(&metrics);
    thread::sleep(Duration::from_millis(700));
    assert_eq!(count(&metrics), ended);
}

/// Wraps a service outside a runtime: the service is created, but its thread is not measured.
fn wrap_a_service(metrics: &GdsMetrics) {
    let service = fn_service(|req: ServiceRequest| async {
        Ok::<_, actix_web::Error>(req.into_response(HttpResponse::Ok()))
    });
    let service = metrics.new_transform(service).now_or_never();
    assert!(service.is_some());
}

#[test]
fn outside_a_runtime() {
    listen();
    let metrics = metrics();
    // A logger may do anything, even wrap a service.
    let of_logger = metrics.clone();
    ask_at_the_next_warning(move || wrap_a_service(&of_logger));
    for _ in 0..2 {
        wrap_a_service(&metrics);
    }
    let warnings = warnings_here();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("`.event_loop_delay(true)` does not measure"));
    assert_eq!(count(&metrics), 0.0);
}
