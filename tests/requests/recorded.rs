//! Every request is recorded exactly once: the outcomes that need no socket.

use std::{panic::AssertUnwindSafe, time::Duration};

use actix_web::{
    App, Error, HttpResponse,
    body::{BodyStream, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse},
    error,
    http::StatusCode,
    middleware::{Next, from_fn},
    rt::time::{sleep, timeout},
    test::{self, TestRequest},
    web::{self, Bytes, ServiceConfig},
};
use futures_util::{FutureExt as _, stream};

use gds_metrics::{Format, GdsMetricsBuilder};

use crate::support::{
    LIMIT, ON_PURPOSE, exceptions, exposition::Scrape, hostless_under_both, quiet_panics, recorded,
};

fn routes(config: &mut ServiceConfig) {
    config
        .route("/ok", web::get().to(|| async { "ok" }))
        .route(
            "/status/{code}",
            web::route().to(|code: web::Path<u16>| async move {
                HttpResponse::new(StatusCode::from_u16(*code).expect("a status"))
            }),
        )
        .route(
            "/err/{code}",
            web::get().to(|code: web::Path<u16>| async move {
                let status = StatusCode::from_u16(*code).expect("a status");
                Err::<&str, Error>(error::InternalError::new(ON_PURPOSE, status).into())
            }),
        )
        .route(
            "/query",
            web::get().to(|_: web::Query<Vec<(u8, u8)>>| async { "query" }),
        )
        .route(
            "/data",
            web::get().to(|_: web::Data<String>| async { "data" }),
        )
        .route("/panic", web::get().to(panicking))
        .route("/panic/later", web::get().to(panicking_later))
        .route("/pending", web::get().to(pending))
        .service(web::resource("/get").get(|| async { "get" }));
}

async fn panicking() -> HttpResponse {
    panic!("{ON_PURPOSE}")
}

async fn panicking_later() -> HttpResponse {
    sleep(Duration::from_millis(1)).await;
    panic!("{ON_PURPOSE}")
}

async fn pending() -> HttpResponse {
    std::future::pending().await
}

/// A middleware that does what its header says.
async fn inner(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let what = req.headers().get("inner").map(|what| what.as_bytes());
    match what {
        Some(b"401") => Err(error::ErrorUnauthorized(ON_PURPOSE)),
        Some(b"500") => Err(error::ErrorInternalServerError(ON_PURPOSE)),
        Some(b"late 502") => {
            next.call(req).await?;
            sleep(Duration::from_millis(1)).await;
            Err(error::ErrorBadGateway(ON_PURPOSE))
        }
        Some(b"panic") => panic!("{ON_PURPOSE}"),
        Some(b"timeout") => match timeout(Duration::from_millis(1), next.call(req)).await {
            Ok(result) => result,
            Err(_) => Err(error::ErrorGatewayTimeout(ON_PURPOSE)),
        },
        Some(b"rewrite") => {
            let mut response = next.call(req).await?;
            *response.response_mut().status_mut() = StatusCode::IM_A_TEAPOT;
            Ok(response)
        }
        _ => next.call(req).await,
    }
}

/// Checks a table with these columns: method and path, what the inner middleware does, the outcome,
/// what is recorded, the exception.
async fn check(rows: &[&str]) {
    quiet_panics();
    for row in rows {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let [request, header, outcome, line, exception] = columns[..] else {
            panic!("five columns: {row}")
        };
        let (method, path) = request.split_once(' ').expect("a method and a path");
        for metrics in hostless_under_both(|builder| builder) {
            let app = test::init_service(
                App::new()
                    .configure(routes)
                    .wrap(from_fn(inner))
                    .wrap(metrics.clone()),
            )
            .await;
            let request = TestRequest::with_uri(path)
                .method(method.parse().expect("a method"))
                .insert_header(("inner", header))
                .to_request();

            // The panic may happen in the call itself, not only in a poll.
            let call = AssertUnwindSafe(async { app.call(request).await }).catch_unwind();
            let limit = match outcome {
                "pending" => Duration::from_millis(50),
                _ => LIMIT,
            };
            let found = match timeout(limit, call).await {
                Ok(Ok(Ok(response))) => response.status().as_str().to_owned(),
                Ok(Ok(Err(error))) => format!("Err {}", error.error_response().status().as_str()),
                Ok(Err(payload)) => {
                    let message = payload.downcast_ref::<String>().map(|text| &**text);
                    assert_eq!(message, Some(ON_PURPOSE), "the panic goes on unchanged");
                    "panic".to_owned()
                }
                Err(_) => "pending".to_owned(),
            };
            assert_eq!(found, outcome, "{row}");
            assert_eq!(recorded(&metrics), [format!("{line} x1")], "{row}");
            let kinds = exceptions(&metrics);
            match exception {
                "" => assert_eq!(kinds, [""; 0], "{row}"),
                kind => assert_eq!(kinds, [format!("{kind} x1")], "{row}"),
            }
        }
    }
}

#[actix_web::test]
async fn answers() {
    check(&[
        "GET /ok          |          | 200     | GET /ok 200            |",
        "GET /status/204  |          | 204     | GET /status/{code} 204 |",
        "GET /status/302  |          | 302     | GET /status/{code} 302 |",
        "GET /status/404  |          | 404     | GET /status/{code} 404 |",
        "GET /status/500  |          | 500     | GET /status/{code} 500 |",
        "GET /status/503  |          | 503     | GET /status/{code} 503 |",
        "GET /status/999  |          | 999     | GET /status/{code} 999 |",
        "PUT /status/201  |          | 201     | PUT /status/{code} 201 |",
        "GET /nope        |          | 404     | GET No endpoint 404    |",
        "POST /get        |          | 405     | POST /get 405          |",
        // `App::route` makes the method a guard of the resource: 404, but the pattern is known.
        "POST /ok         |          | 404     | POST /ok 404           |",
    ])
    .await;
}

/// The duration runs from the middleware's call to the response head.
#[actix_web::test]
async fn durations() {
    let settings = |builder: GdsMetricsBuilder| builder.buckets([0.04, 3600.0]).extended(true);
    for metrics in hostless_under_both(settings) {
        let slow = || async {
            sleep(Duration::from_millis(50)).await;
            "slow"
        };
        let app = App::new()
            .route("/", web::get().to(slow))
            .wrap(metrics.clone());
        let app = test::init_service(app).await;
        test::call_and_read_body(&app, TestRequest::default().to_request()).await;
        let text = metrics.encode(Format::Text).expect("an exposition");
        let scrape = Scrape::parse(&text).in_gds_names();
        for family in [
            "http_server_request_duration_seconds",
            "http_server_response_duration_seconds",
        ] {
            let labels = [("method", "GET"), ("path", "/"), ("code", "200")];
            let bucket = |le| {
                let labels = [labels[0], labels[1], labels[2], ("le", le)];
                scrape.value(&format!("{family}_bucket"), &labels)
            };
            assert_eq!(bucket("0.04"), Some(0.0), "{family}");
            assert_eq!(bucket("3600.0"), Some(1.0), "{family}");
            assert_eq!(bucket("+Inf"), Some(1.0), "{family}");
            let sum = scrape
                .value(&format!("{family}_sum"), &labels)
                .expect("a sum");
            assert!((0.05..3600.0).contains(&sum), "{family}: {sum}");
        }
    }
}

#[actix_web::test]
async fn errors_of_handlers_and_extractors() {
    check(&[
        "GET /err/400     |          | 400     | GET /err/{code} 400    |",
        "GET /err/499     |          | 499     | GET /err/{code} 499    |",
        "GET /err/500     |          | 500     | GET /err/{code} 500    | error",
        "GET /err/503     |          | 503     | GET /err/{code} 503    | error",
        "GET /status/x    |          | 404     | GET /status/{code} 404 |",
        "GET /query?a     |          | 400     | GET /query 400         |",
        "GET /data        |          | 500     | GET /data 500          | error",
    ])
    .await;
}

#[actix_web::test]
async fn inner_middlewares() {
    check(&[
        "GET /ok          | 401      | Err 401 | GET /ok 401            |",
        "GET /status/7    | 401      | Err 401 | GET /status/{code} 401 |",
        "GET /nope        | 401      | Err 401 | GET No endpoint 401    |",
        "GET /ok          | 500      | Err 500 | GET /ok 500            | error",
        "GET /ok          | late 502 | Err 502 | GET /ok 502            | error",
        "GET /pending     | timeout  | Err 504 | GET /pending 504       | error",
        "GET /ok          | timeout  | 200     | GET /ok 200            |",
        "GET /ok          | rewrite  | 418     | GET /ok 418            |",
        "GET /err/500     | rewrite  | 418     | GET /err/{code} 418    |",
    ])
    .await;
}

#[actix_web::test]
async fn panics_and_drops() {
    check(&[
        "GET /panic       |          | panic   | GET /panic 500         | panic",
        "GET /panic/later |          | panic   | GET /panic/later 500   | panic",
        "GET /status/200  | panic    | panic   | GET /status/{code} 500 | panic",
        "GET /pending     |          | pending | GET /pending 499       |",
    ])
    .await;
}

/// A panic in `call` itself, before there is a future.
#[actix_web::test]
async fn a_panic_in_a_synchronous_middleware() {
    quiet_panics();
    for metrics in hostless_under_both(|builder| builder) {
        let app = test::init_service(
            App::new()
                .configure(routes)
                .wrap_fn(|req, service| {
                    assert!(req.path() != "/ok", "{ON_PURPOSE}");
                    service.call(req)
                })
                .wrap(metrics.clone()),
        )
        .await;
        let request = TestRequest::with_uri("/ok").to_request();
        let call = AssertUnwindSafe(async { app.call(request).await }).catch_unwind();
        assert!(call.await.is_err());
        assert_eq!(recorded(&metrics), ["GET /ok 500 x1"]);
        assert_eq!(exceptions(&metrics), ["panic x1"]);
    }
}

/// A future that is dropped after its panic is not recorded again.
#[actix_web::test]
async fn a_future_kept_after_its_panic() {
    quiet_panics();
    for metrics in hostless_under_both(|builder| builder) {
        let app = App::new().configure(routes).wrap(metrics.clone());
        let app = test::init_service(app).await;
        let request = TestRequest::with_uri("/panic/later").to_request();
        let mut future = Box::pin(app.call(request));
        let panicked = AssertUnwindSafe(&mut future).catch_unwind().await;
        assert!(panicked.is_err());
        assert_eq!(recorded(&metrics), ["GET /panic/later 500 x1"]);
        drop(future);
        assert_eq!(recorded(&metrics), ["GET /panic/later 500 x1"]);
        assert_eq!(exceptions(&metrics), ["panic x1"]);
    }
}

/// An outer middleware sees its own response; this middleware sees none.
#[actix_web::test]
async fn outer_middlewares() {
    for metrics in hostless_under_both(|builder| builder) {
        let app = test::init_service(
            App::new()
                .configure(routes)
                .wrap(metrics.clone())
                .wrap(from_fn(inner)),
        )
        .await;
        for (path, header) in [
            ("/ok", "401"),
            ("/pending", "timeout"),
            ("/ok", "rewrite"),
            ("/ok", "late 502"),
        ] {
            let request = TestRequest::with_uri(path).insert_header(("inner", header));
            let _ = app.call(request.to_request()).await;
        }
        // Not the 401, which never reached this middleware.
        assert_eq!(
            recorded(&metrics),
            ["GET /ok 200 x2", "GET /pending 499 x1"]
        );
        assert_eq!(exceptions(&metrics), [""; 0]);
    }
}

#[actix_web::test]
async fn a_call_that_is_never_polled() {
    for metrics in hostless_under_both(|builder| builder) {
        let app = App::new().configure(routes).wrap(metrics.clone());
        let app = test::init_service(app).await;
        drop(app.call(TestRequest::with_uri("/ok").to_request()));
        assert_eq!(recorded(&metrics), ["GET /ok 499 x1"]);
    }
}

/// The status of the head counts, whatever happens to the body.
#[actix_web::test]
async fn bodies_that_fail() {
    quiet_panics();
    for metrics in hostless_under_both(|builder| builder) {
        let failing = || async {
            let parts = [Ok(Bytes::from("part")), Err(error::ErrorBadGateway("cut"))];
            HttpResponse::Ok().body(BodyStream::new(stream::iter(parts)))
        };
        let panicking = || async {
            let body = stream::poll_fn(|_| -> std::task::Poll<Option<Result<Bytes, Error>>> {
                panic!("{ON_PURPOSE}")
            });
            HttpResponse::Ok().body(BodyStream::new(body))
        };
        let app = test::init_service(
            App::new()
                .route("/failing", web::get().to(failing))
                .route("/panicking", web::get().to(panicking))
                .wrap(metrics.clone()),
        )
        .await;
        for path in ["/failing", "/panicking"] {
            let request = TestRequest::with_uri(path).to_request();
            let response = test::call_service(&app, request).await;
            let body = actix_web::body::to_bytes(response.into_body());
            let read = AssertUnwindSafe(body).catch_unwind().await;
            assert!(!matches!(read, Ok(Ok(_))), "{path}");
        }
        let expected = ["GET /failing 200 x1", "GET /panicking 200 x1"];
        assert_eq!(recorded(&metrics), expected);
        assert_eq!(exceptions(&metrics), [""; 0]);
    }
}

/// `http_server_exceptions_total` exists with the value 0, and so does each kind that was named.
#[actix_web::test]
async fn counters_exist_before_the_first_count() {
    for metrics in hostless_under_both(|builder| builder.error_kind::<std::io::Error>("io")) {
        for kind in ["panic", "io"] {
            let name = "http_server_exceptions_total";
            assert_eq!(metrics.sample(name, &[("error", kind)]), Some(0.0));
        }
        for reason in ["host", "path"] {
            let name = "gds_metrics_folded_requests_total";
            assert_eq!(metrics.sample(name, &[("reason", reason)]), Some(0.0));
        }
    }
}
