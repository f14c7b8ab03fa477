//! With other middlewares, inside and outside this one.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use actix_cors::Cors;
use actix_web::{
    App, HttpRequest, HttpResponse,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::{Compress, Condition, DefaultHeaders, Logger, Next, NormalizePath, from_fn},
    test::{self, TestRequest},
    web::{self, ServiceConfig},
};
use gds_metrics::GdsMetrics;

use crate::{hostless, recorded};

fn shop(app: &mut ServiceConfig) {
    app.route(
        "/items/{id}",
        web::get().to(|| async { "item ".repeat(100) }),
    )
    .route("/orders", web::post().to(HttpResponse::Created));
}

/// Sends the requests to the app and compares what is recorded.
macro_rules! records {
    ($metrics:expr, $app:expr, $requests:expr, $expected:expr) => {{
        let app = test::init_service($app).await;
        for request in $requests {
            let _ = test::try_call_service(&app, request.to_request()).await;
        }
        drop(app);
        assert_eq!(recorded(&$metrics), $expected);
    }};
}

fn get(path: &str) -> TestRequest {
    TestRequest::with_uri(path)
}

const ITEM: [&str; 1] = ["GET /items/{id} 200 x1"];

#[actix_web::test]
async fn normalize_path() {
    // A path that an inner middleware normalises gets the pattern of the normalised path.
    let metrics = hostless();
    let app = App::new()
        .configure(shop)
        .service(metrics.scope())
        .wrap(NormalizePath::trim())
        .wrap(metrics.clone());
    let paths = [
        "/items/1",
        "//items/1",
        "/items/1/",
        "//items//1//",
        "/metrics/",
        "//metrics",
    ];
    records!(
        metrics,
        app,
        paths.map(get),
        ["GET /items/{id} 200 x4", "GET /metrics 200 x2"]
    );
}

#[actix_web::test]
async fn normalize_path_outside() {
    let metrics = hostless();
    let app = App::new()
        .configure(shop)
        .wrap(metrics.clone())
        .wrap(NormalizePath::trim());
    records!(
        metrics,
        app,
        [get("//items/1/"), get("/nope//")],
        ["GET /items/{id} 200 x1", "GET No endpoint 404 x1"]
    );
}

#[actix_web::test]
async fn compress() {
    for extended in [false, true] {
        let metrics = || {
            let builder = GdsMetrics::builder().without_host_label();
            builder.extended(extended).build().unwrap()
        };
        let request = || get("/items/1").insert_header((header::ACCEPT_ENCODING, "gzip"));

        let within = metrics();
        let app = App::new()
            .configure(shop)
            .wrap(Compress::default())
            .wrap(within.clone());
        records!(within, app, [request()], ITEM);

        let without = metrics();
        let app = App::new()
            .configure(shop)
            .wrap(without.clone())
            .wrap(Compress::default());
        records!(without, app, [request()], ITEM);
    }
}

#[actix_web::test]
async fn logger() {
    let metrics = hostless();
    let app = App::new()
        .configure(shop)
        .wrap(Logger::default())
        .wrap(metrics.clone());
    records!(metrics, app, [get("/items/1")], ITEM);

    let metrics = hostless();
    let app = App::new()
        .configure(shop)
        .wrap(metrics.clone())
        .wrap(Logger::default());
    records!(metrics, app, [get("/items/1")], ITEM);
}

#[actix_web::test]
async fn cors() {
    let preflight = || {
        get("/orders")
            .method(Method::OPTIONS)
            .insert_header((header::ORIGIN, "https://shop.example"))
            .insert_header((header::ACCESS_CONTROL_REQUEST_METHOD, "POST"))
    };
    let stranger = || get("/items/1").insert_header((header::ORIGIN, "https://elsewhere.example"));
    let cors = || {
        Cors::default()
            .allowed_origin("https://shop.example")
            .allowed_methods(["GET", "POST"])
            .block_on_origin_mismatch(true)
    };

    // An inner middleware that answers before routing: the pattern is the one that the path would
    // match.
    let metrics = hostless();
    let app = App::new()
        .configure(shop)
        .wrap(cors())
        .wrap(metrics.clone());
    records!(
        metrics,
        app,
        [preflight(), stranger(), get("/items/1")],
        [
            "GET /items/{id} 200 x1",
            "GET /items/{id} 400 x1",
            "OPTIONS /orders 200 x1",
        ]
    );

    // An outer middleware answers before this one sees the request.
    let metrics = hostless();
    let app = App::new()
        .configure(shop)
        .wrap(metrics.clone())
        .wrap(cors());
    records!(
        metrics,
        app,
        [preflight(), stranger(), get("/items/1")],
        ITEM
    );
}

#[actix_web::test]
async fn others() {
    let metrics = hostless();
    let app = App::new()
        .configure(shop)
        .wrap(DefaultHeaders::new().add(("x-version", "1")))
        .wrap(Condition::new(true, NormalizePath::trim()))
        .wrap(from_fn(
            |req, next: Next<_>| async move { next.call(req).await },
        ))
        .wrap(Condition::new(true, metrics.clone()));
    records!(metrics, app, [get("/items/1")], ITEM);
}

/// The middleware asks a request for nothing that Actix would cache and that an inner middleware
/// could not change any more.
#[actix_web::test]
async fn connection_info() {
    let metrics = hostless();
    let app = App::new()
        .route(
            "/",
            web::get().to(|req: HttpRequest| async move {
                let info = req.connection_info().clone();
                format!("{:?} {}", info.realip_remote_addr(), info.host())
            }),
        )
        .service(metrics.scope())
        .wrap(from_fn(|mut req: ServiceRequest, next: Next<_>| {
            req.headers_mut().remove("x-forwarded-for");
            req.headers_mut().remove("x-forwarded-host");
            next.call(req)
        }))
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    for _ in 0..2 {
        let request = get("/")
            .peer_addr(([192, 0, 2, 1], 4000).into())
            .insert_header(("x-forwarded-for", "127.0.0.1"))
            .insert_header(("x-forwarded-host", "internal"))
            .insert_header((header::HOST, "app.example"));
        let body = test::call_and_read_body(&app, request.to_request()).await;
        assert_eq!(body, "Some(\"192.0.2.1\") app.example");
    }
}

/// Calls the inner service until it succeeds.
async fn retry(
    req: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let mut response = next.call(req).await?;
    while response.status().is_server_error() {
        let (req, _) = response.into_parts();
        let mut again = ServiceRequest::from_request(req);
        again.match_info_mut().reset();
        response = next.call(again).await?;
    }
    Ok(response)
}

/// Each pass through the middleware is recorded: outside, one request; inside, each attempt.
#[actix_web::test]
async fn a_middleware_that_calls_twice() {
    let (inside, outside) = (hostless(), hostless());
    let tries = web::Data::new(AtomicUsize::new(0));
    let handler = async |tries: web::Data<AtomicUsize>| match tries.fetch_add(1, Relaxed) {
        0 => HttpResponse::ServiceUnavailable(),
        _ => HttpResponse::Ok(),
    };
    let app = App::new()
        .app_data(tries)
        .route("/items/{id}", web::get().to(handler))
        .wrap(inside.clone())
        .wrap(from_fn(|req, next: Next<_>| async move {
            next.call(req)
                .await
                .map(ServiceResponse::map_into_boxed_body)
        }))
        .wrap(from_fn(retry))
        .wrap(outside.clone());
    records!(outside, app, [get("/items/1")], ITEM);
    assert_eq!(
        recorded(&inside),
        ["GET /items/{id} 200 x1", "GET /items/{id} 503 x1"]
    );
}
