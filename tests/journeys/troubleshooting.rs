//! Reproduces the symptoms in the troubleshooting guide.

use actix_web::{
    App, Error, HttpResponse,
    body::MessageBody,
    dev::{Service, ServiceRequest, ServiceResponse},
    http::{StatusCode, header},
    middleware::{Next, from_fn},
    test::{TestRequest, call_service, init_service, read_body},
    web,
};
use gds_metrics::{Counter, GdsMetricSet, GdsMetrics};

fn metrics() -> GdsMetrics {
    GdsMetrics::builder().build().expect("the defaults")
}

/// Status, whether there is a challenge, and body of the response to a `GET`.
async fn get<R>(
    app: &impl Service<R, Response = ServiceResponse<impl MessageBody>, Error = Error>,
    request: R,
) -> (StatusCode, bool, String) {
    let response = call_service(app, request).await;
    let status = response.status();
    let realm = response.headers().contains_key(header::WWW_AUTHENTICATE);
    let body = read_body(response).await;
    (status, realm, String::from_utf8_lossy(&body).into_owned())
}

fn asked(path: &str) -> TestRequest {
    TestRequest::with_uri(path).insert_header((header::HOST, "shop.example"))
}

async fn login(
    _: ServiceRequest,
    _: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    Err::<ServiceResponse, _>(actix_web::error::ErrorUnauthorized("log in"))
}

#[actix_web::test]
async fn a_catch_all_before_the_scope_takes_its_requests() {
    let all = || web::route().to(|| async { "the application" });
    let (metrics_last, metrics_first) = (metrics(), metrics());

    let app = App::new()
        .route("/{tail:.*}", all())
        .service(metrics_last.scope());
    let (_, _, body) = get(&init_service(app).await, asked("/metrics").to_request()).await;
    assert_eq!(body, "the application");

    let app = App::new()
        .service(metrics_first.scope())
        .route("/{tail:.*}", all());
    let (_, _, body) = get(&init_service(app).await, asked("/metrics").to_request()).await;
    assert!(body.starts_with("# HELP"), "{body}");
}

#[actix_web::test]
async fn a_scope_in_a_scope_is_below_it() {
    let metrics = metrics();
    let app = || App::new().service(web::scope("/admin").service(metrics.scope()));
    let (status, _, _) = get(&init_service(app()).await, asked("/metrics").to_request()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _, _) = get(
        &init_service(app()).await,
        asked("/admin/metrics").to_request(),
    )
    .await;
    assert_eq!(status, StatusCode::OK);
}

#[actix_web::test]
async fn the_applications_own_login_has_no_realm() {
    let metrics = GdsMetrics::builder().bearer_token("t").build();
    let metrics = metrics.expect("a token");

    let inside = App::new().service(web::scope("").wrap(from_fn(login)).service(metrics.scope()));
    let init = init_service(inside).await;
    let request = TestRequest::with_uri("/metrics").to_request();
    let error = actix_web::test::try_call_service(&init, request).await;
    let response = error.expect_err("the login's").error_response();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(!response.headers().contains_key(header::WWW_AUTHENTICATE));

    let outside = App::new()
        .service(metrics.scope())
        .service(web::scope("").wrap(from_fn(login)));
    let (status, realm, _) =
        get(&init_service(outside).await, asked("/metrics").to_request()).await;
    assert_eq!((status, realm), (StatusCode::UNAUTHORIZED, true));
}

#[test]
fn registering_a_set_twice_is_an_error() {
    #[derive(Debug, GdsMetricSet)]
    struct Shop {
        /// Orders placed.
        _orders: Counter,
    }

    let metrics = metrics();
    let _first: Shop = metrics.register().expect("the first");
    let error = metrics.register::<Shop>().expect_err("the second");
    assert!(
        error.to_string().contains("is registered already"),
        "{error}"
    );
}

#[actix_web::test]
async fn an_unlisted_host_is_other_and_no_host_is_invalid() {
    let metrics = GdsMetrics::builder().hosts(["app.example"]).build();
    let metrics = metrics.expect("a host");
    let app = || {
        App::new()
            .route("/", web::get().to(HttpResponse::Ok))
            .wrap(metrics.clone())
    };
    get(&init_service(app()).await, asked("/").to_request()).await;
    let app = init_service(app()).await;
    call_service(&app, TestRequest::with_uri("/").to_request()).await;

    for host in ["_other", "_invalid"] {
        assert_eq!(count(&metrics, host, "/", "200"), Some(1.0), "{host}");
    }
}

/// The host of such a request gets no number either.
#[actix_web::test]
async fn a_request_without_a_resource_has_no_endpoint() {
    let metrics = metrics();
    let app = App::new()
        .route("/orders", web::post().to(HttpResponse::Ok))
        .default_service(web::to(HttpResponse::Ok))
        .wrap(metrics.clone());
    get(&init_service(app).await, asked("/anything").to_request()).await;
    assert_eq!(count(&metrics, "_other", "No endpoint", "200"), Some(1.0));

    // The path matches, but the method does not.
    let app = App::new()
        .service(web::resource("/orders").route(web::post().to(HttpResponse::Ok)))
        .wrap(metrics.clone());
    get(&init_service(app).await, asked("/orders").to_request()).await;
    assert_eq!(count(&metrics, "shop.example", "/orders", "405"), Some(1.0));
}

/// If a middleware answers before routing, the pattern is looked up from the path.
#[actix_web::test]
async fn a_middleware_that_answers_keeps_the_pattern() {
    let metrics = metrics();
    let app = App::new()
        .route("/users/{id}", web::get().to(HttpResponse::Ok))
        .wrap(from_fn(login))
        .wrap(metrics.clone());
    let app = init_service(app).await;
    let request = TestRequest::with_uri("/users/7").to_request();
    let answer = actix_web::test::try_call_service(&app, request).await;
    assert!(answer.is_err());
    assert_eq!(count(&metrics, "_invalid", "/users/{id}", "401"), Some(1.0));
}

/// Actix gives files the pattern of their mount path, whether they exist or not.
#[actix_web::test]
async fn files_are_recorded_under_their_mount_path() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/custom");
    let metrics = metrics();
    let app = App::new()
        .route("/", web::get().to(HttpResponse::Ok))
        .service(actix_files::Files::new("/static", folder))
        .service(actix_files::Files::new("/", folder))
        .wrap(metrics.clone());
    let app = init_service(app).await;
    for path in [
        "/",
        "/registry.rs",
        "/nowhere",
        "/static/registry.rs",
        "/static/nowhere",
    ] {
        get(&app, asked(path).to_request()).await;
    }
    for (path, code, expected) in [
        ("/", "200", 2.0),
        ("/", "404", 1.0),
        ("/static", "200", 1.0),
        ("/static", "404", 1.0),
    ] {
        let found = count(&metrics, "shop.example", path, code);
        assert_eq!(found, Some(expected), "{path} {code}");
    }
}

fn count(metrics: &GdsMetrics, host: &str, path: &str, code: &str) -> Option<f64> {
    let labels = [
        ("method", "GET"),
        ("host", host),
        ("path", path),
        ("code", code),
    ];
    metrics.sample("http_server_requests_total", &labels)
}
