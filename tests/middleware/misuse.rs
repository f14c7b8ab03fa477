//! Misuse: one warning that says what to change, and none for correct use.

use std::{
    cell::RefCell,
    net::TcpListener,
    rc::Rc,
    sync::{Mutex, Once},
    thread::{self, ThreadId},
};

use actix_web::{
    App, HttpResponse, HttpServer,
    body::MessageBody,
    dev::{Service as _, ServiceRequest, ServiceResponse},
    middleware::{Next, from_fn},
    rt,
    test::{self, TestRequest},
    web,
};
use futures_util::FutureExt as _;
use gds_metrics::{Counter, GdsMetricSet, GdsMetrics, GdsMetricsBuilder};
use log::{LevelFilter, Log, Metadata, Record};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{hostless, recorded};

/// Collects the warnings of each thread. A test with its own app runs it on its own thread.
struct Warnings(Mutex<Vec<(ThreadId, String)>>);

static WARNINGS: Warnings = Warnings(Mutex::new(Vec::new()));

impl Log for Warnings {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        if record.target().starts_with("gds_metrics") {
            // A logger may send any request, even to the app that logs.
            let ask = ASK.with_borrow_mut(Option::take);
            if let Some(mut ask) = ask {
                ask();
            }
            let warning = (thread::current().id(), record.args().to_string());
            self.0.lock().unwrap().push(warning);
        }
    }

    fn flush(&self) {}
}

thread_local! {
    /// What the logger calls at the next warning on this thread.
    static ASK: RefCell<Option<Box<dyn FnMut()>>> = const { RefCell::new(None) };
}

pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&WARNINGS).unwrap();
        log::set_max_level(LevelFilter::Warn);
    });
}

/// Makes the logger call `ask` before it stores the next warning of this thread.
pub(crate) fn ask_at_the_next_warning(ask: impl FnMut() + 'static) {
    ASK.set(Some(Box::new(ask)));
}

pub(crate) fn warnings_here() -> Vec<String> {
    let warnings = WARNINGS.0.lock().unwrap();
    let here = warnings
        .iter()
        .filter(|(id, _)| *id == thread::current().id());
    here.map(|(_, text)| text.clone()).collect()
}

async fn ok() -> &'static str {
    "ok"
}

/// Requests the paths from the app, one after another, three times. While the first warning is
/// logged, the logger sends requests to the same app.
macro_rules! warnings_of {
    ($app:expr, $paths:expr) => {{
        listen();
        let app = Rc::new(test::init_service($app).await);
        let inner = Rc::clone(&app);
        ask_at_the_next_warning(move || {
            let request = TestRequest::with_uri("/by/the/logger").to_request();
            assert!(inner.call(request).now_or_never().is_some());
        });
        for _ in 0..3 {
            for path in $paths {
                let _ =
                    test::try_call_service(&app, TestRequest::with_uri(path).to_request()).await;
            }
        }
        ASK.set(None);
        warnings_here()
    }};
}

fn assert_one(warnings: &[String], parts: &[&str]) {
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    for part in parts {
        assert!(warnings[0].contains(part), "{part} in {warnings:?}");
    }
}

#[actix_web::test]
async fn correct_use_logs_nothing() {
    let (metrics, other) = (hostless(), hostless());
    let app = App::new()
        .service(metrics.scope())
        // Two scopes side by side, both wrapped with the same other metrics.
        .service(
            web::scope("/a")
                .wrap(other.clone())
                .route("/{x}", web::get().to(ok)),
        )
        .service(
            web::scope("/b")
                .wrap(other.clone())
                .route("/{x}", web::get().to(ok)),
        )
        .route("/{tail:.*}", web::get().to(ok))
        .wrap(metrics.clone());
    let warnings = warnings_of!(app, ["/", "/a/1", "/b/1", "/a/1", "/other", "/metrics"]);
    assert_eq!(warnings, [""; 0]);
}

/// Sends a request for each host, and one more while the first warning is logged.
async fn warnings_of_hosts(builder: GdsMetricsBuilder) -> Vec<String> {
    listen();
    let metrics = builder.build().unwrap();
    let app = App::new()
        .route("/", web::get().to(ok))
        .wrap(metrics.clone());
    let app = Rc::new(test::init_service(app).await);
    let request = |host: &str| {
        TestRequest::default()
            .insert_header(("host", host))
            .to_request()
    };
    let inner = Rc::clone(&app);
    ask_at_the_next_warning(move || {
        let answer = inner.call(request("late.example")).now_or_never();
        assert!(answer.expect("it does not wait").is_ok());
    });
    for _ in 0..3 {
        for host in ["a.example", "b.example", "c.example", "d.example"] {
            app.call(request(host)).await.unwrap();
        }
    }
    ASK.set(None);
    let total: u64 = recorded(&metrics)
        .iter()
        .map(|line| line.rsplit_once(" x").unwrap().1.parse::<u64>().unwrap())
        .sum();
    let warnings = warnings_here();
    assert_eq!(total, 12 + warnings.len() as u64);
    warnings
}

#[actix_web::test]
async fn more_hosts_than_the_cap() {
    let warnings = warnings_of_hosts(GdsMetrics::builder().max_hosts(3)).await;
    assert_one(
        &warnings,
        &[
            "more than 3 hosts",
            "`.hosts(",
            "METRICS_HOSTS",
            "`.max_hosts(",
        ],
    );
}

#[actix_web::test]
async fn as_many_hosts_as_the_cap() {
    let warnings = warnings_of_hosts(GdsMetrics::builder().max_hosts(4)).await;
    assert_eq!(warnings, [""; 0]);
}

#[actix_web::test]
async fn more_label_sets_than_the_cap() {
    let warnings = warnings_of_hosts(GdsMetrics::builder().max_label_sets(3)).await;
    assert_one(
        &warnings,
        &["more than 3 combinations", "`.max_label_sets("],
    );
}

#[actix_web::test]
async fn not_wrapped() {
    let metrics = hostless();
    let app = App::new()
        .service(metrics.scope())
        .route("/", web::get().to(ok));
    assert_one(
        &warnings_of!(app, ["/", "/metrics"]),
        &["no app is wrapped", "`.wrap(metrics.clone())`"],
    );
}

/// A private listener has the scope, the public one the middleware.
#[actix_web::test]
async fn wrapped_elsewhere() {
    let metrics = hostless();
    let public = App::new()
        .route("/", web::get().to(ok))
        .wrap(metrics.clone());
    let _public = test::init_service(public).await;
    let private = App::new().service(metrics.scope());
    assert_eq!(warnings_of!(private, ["/metrics"]), [""; 0]);
}

#[actix_web::test]
async fn wrapped_twice() {
    let metrics = hostless();
    let app = App::new()
        .route("/", web::get().to(ok))
        .wrap(metrics.clone())
        .wrap(from_fn(
            |req, next: Next<_>| async move { next.call(req).await },
        ))
        .wrap(metrics.clone());
    assert_one(
        &warnings_of!(app, ["/"]),
        &["wraps an app twice", "remove one"],
    );
}

#[actix_web::test]
async fn wrapped_and_a_scope_of_it() {
    let metrics = hostless();
    let app = App::new()
        .service(
            web::scope("/api")
                .wrap(metrics.clone())
                .route("/", web::get().to(ok)),
        )
        .wrap(metrics.clone());
    assert_one(&warnings_of!(app, ["/api/"]), &["wraps an app twice"]);
}

async fn require_login(
    req: ServiceRequest,
    _: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    Ok(req.into_response(HttpResponse::Unauthorized()))
}

#[actix_web::test]
async fn behind_the_apps_own_auth() {
    let metrics = hostless();
    let app = App::new()
        .service(metrics.scope())
        .route("/", web::get().to(ok))
        .wrap(from_fn(require_login))
        .wrap(metrics.clone());
    assert_one(
        &warnings_of!(app, ["/", "/metrics"]),
        &[
            "`/metrics` was answered with 401",
            "mount the scope outside it",
        ],
    );
}

#[actix_web::test]
async fn behind_a_scopes_own_auth() {
    let metrics = hostless();
    let app = App::new()
        .service(
            web::scope("/internal")
                .wrap(from_fn(require_login))
                .service(metrics.scope()),
        )
        .wrap(metrics.clone());
    assert_one(
        &warnings_of!(app, ["/internal/metrics"]),
        &["`/internal/metrics` was answered with 401"],
    );
}

#[actix_web::test]
async fn a_401_from_the_scope_is_not_misuse() {
    let builder = GdsMetrics::builder().without_host_label();
    let metrics = builder.bearer_token("secret").build().unwrap();
    let app = App::new().service(metrics.scope()).wrap(metrics.clone());
    assert_eq!(warnings_of!(app, ["/metrics"]), [""; 0]);
}

#[actix_web::test]
async fn after_a_catch_all() {
    let metrics = hostless();
    let app = App::new()
        .route("/{tail:.*}", web::get().to(ok))
        .service(metrics.scope())
        .wrap(metrics.clone());
    assert_one(
        &warnings_of!(app, ["/home"]),
        &["`/{tail:.*}`", "before `metrics.scope()`", "`/metrics`"],
    );
}

#[actix_web::test]
async fn after_all_files() {
    let metrics = hostless();
    let files = || actix_files::Files::new("/", concat!(env!("CARGO_MANIFEST_DIR"), "/tests"));
    let app = App::new()
        .service(files())
        .service(metrics.scope())
        .wrap(metrics.clone());
    assert_one(
        &warnings_of!(app, ["/custom/registry.rs", "/metrics"]),
        &["the route `/`", "before `metrics.scope()`"],
    );

    let metrics = hostless();
    let app = App::new()
        .service(metrics.scope())
        .service(files())
        .wrap(metrics.clone());
    assert_eq!(
        warnings_of!(app, ["/custom/registry.rs", "/metrics"]).len(),
        1
    );
}

#[actix_web::test]
async fn after_a_catch_all_for_other_methods() {
    let metrics = hostless();
    let app = App::new()
        .route("/{tail:.*}", web::post().to(ok))
        .route(
            "/{tail:.*}",
            web::method(actix_web::http::Method::OPTIONS).to(ok),
        )
        .service(metrics.scope())
        .wrap(metrics.clone());
    assert_eq!(warnings_of!(app, ["/home", "/metrics"]), [""; 0]);
}

#[derive(Clone, Debug, GdsMetricSet)]
struct ShopMetrics {
    /// Orders placed.
    #[allow(dead_code, reason = "registered, never used")]
    orders: Counter,
}

#[actix_web::test]
async fn registered_twice() {
    let metrics = hostless();
    let _: ShopMetrics = metrics.register().unwrap();
    let error = metrics.register::<ShopMetrics>().unwrap_err().to_string();
    assert!(error.contains("ShopMetrics"), "{error}");
}

/// No test app can show this misuse: it needs a server with workers.
#[actix_web::test]
async fn built_by_each_worker() {
    listen();
    let told = |about: &str| {
        let warnings = WARNINGS.0.lock().unwrap();
        warnings
            .iter()
            .filter(|(_, text)| text.contains(about))
            .count()
    };
    let serve = |shared: Option<GdsMetrics>| {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let server = HttpServer::new(move || {
            let metrics = shared.clone().unwrap_or_else(hostless);
            App::new().service(metrics.scope()).wrap(metrics)
        });
        let server = server.workers(3).disable_signals();
        (address, server.listen(listener).unwrap().run())
    };

    for (shared, expected) in [(Some(hostless()), 0), (None, 1)] {
        let (address, server) = serve(shared);
        let handle = server.handle();
        let server = rt::spawn(server);
        // A response shows that the workers run.
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = b"GET /metrics HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        assert!(
            response.contains("http_server_exceptions_total"),
            "{response}"
        );
        handle.stop(true).await;
        server.await.unwrap().unwrap();
        assert_eq!(told("closure of `HttpServer::new`"), expected);
    }
}
