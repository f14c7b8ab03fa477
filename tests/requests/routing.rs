//! The `path` label: the pattern as it was registered, whatever was requested.

use actix_web::{
    App, HttpResponse, Resource, Responder,
    body::BoxBody,
    dev::{Service, ServiceResponse},
    error, get,
    guard::{self, GuardContext},
    http::{Method, header},
    middleware::{Compress, Condition, DefaultHeaders, Logger, NormalizePath, from_fn},
    test::{self, TestRequest},
    web::{self, ServiceConfig},
};
use gds_metrics::GdsMetrics;

use crate::support::{exposition::Scrape, hostless, recorded, total};

#[get("/named/{id}")]
async fn named(id: web::Path<String>) -> impl Responder {
    id.into_inner()
}

#[get("/named")]
async fn named_static() -> impl Responder {
    "named"
}

async fn ok() -> &'static str {
    "ok"
}

fn says(what: &'static str) -> impl Fn(&GuardContext<'_>) -> bool {
    move |context| {
        let headers = &context.head().headers;
        headers.get("guard").is_some_and(|value| value == what)
    }
}

fn routes(config: &mut ServiceConfig) {
    config
        .service(named)
        .service(named_static)
        .service(web::resource(["/first", "/second/{x}"]).to(ok))
        .service(
            // Actix also uses this name for any unnamed resource that the path matches.
            web::resource("/guarded/{a}")
                .name("guarded")
                .guard(guard::fn_guard(says("named")))
                .to(ok),
        )
        .service(web::resource("/guarded/{b}").to(ok))
        .service(
            web::scope("/api")
                .guard(guard::fn_guard(says("one")))
                .route("/{one}", web::get().to(ok)),
        )
        .service(
            web::scope("/api")
                .guard(guard::fn_guard(says("two")))
                .route("/{two}", web::get().to(ok)),
        )
        .service(
            web::scope("/v1")
                .service(
                    web::scope("/users/{user}")
                        .route("", web::get().to(ok))
                        .route("/posts/{post}", web::get().to(ok)),
                )
                .default_service(web::to(HttpResponse::NotFound)),
        )
        .route("/tail/{tail:.*}", web::get().to(ok))
        .route("/a \"b\"\\", web::get().to(ok))
        .external_resource("outside", "https://example.org/{x}")
        // Matches every remaining path.
        .service(web::scope("").route("/bare", web::get().to(ok)));
}

/// Path, guard, and the expected pattern: if a resource has several patterns, Actix uses the first.
const ROUTES: [(&str, &str, &str); 20] = [
    ("/named/1", "", "/named/{id}"),
    ("/named/named", "", "/named/{id}"),
    ("/named/%2F%22%0A", "", "/named/{id}"),
    ("/named", "", "/named"),
    ("/named?x=1", "", "/named"),
    ("/first", "", "/first"),
    ("/second/2", "", "/first"),
    ("/guarded/1", "named", "/guarded/{a}"),
    ("/guarded/1", "", "/guarded/{b}"),
    ("/api/1", "one", "/api/{one}"),
    ("/api/1", "two", "/api/{two}"),
    ("/v1/users/1", "", "/v1/users/{user}"),
    ("/v1/users/1/posts/2", "", "/v1/users/{user}/posts/{post}"),
    ("/bare", "", "/bare"),
    ("/tail/a/b/c", "", "/tail/{tail:.*}"),
    ("/tail/", "", "/tail/{tail:.*}"),
    ("/a%20%22b%22%5C", "", "/a \"b\"\\"),
    ("/nope", "", "No endpoint"),
    ("/NAMED", "", "No endpoint"),
    ("/", "", "No endpoint"),
];

#[actix_web::test]
async fn patterns() {
    // In both directions: what was learnt about one route must not be used for another.
    let metrics = hostless();
    let app = App::new().configure(routes).wrap(metrics.clone());
    let app = test::init_service(app).await;
    for round in 1..=3 {
        let there_and_back = ROUTES.iter().chain(ROUTES.iter().rev());
        for (path, guard, pattern) in there_and_back {
            let count = || {
                let labels = |code| [("method", "GET"), ("path", *pattern), ("code", code)];
                let sample = |code| metrics.sample("http_server_requests_total", &labels(code));
                sample("200").or(sample("404")).unwrap_or(0.0)
            };
            let before = count();
            let request = TestRequest::with_uri(path).insert_header(("guard", *guard));
            test::call_service(&app, request.to_request()).await;
            assert_eq!(
                count(),
                before + 1.0,
                "{path} {guard}, round {round}: {:#?}",
                recorded(&metrics)
            );
        }
    }
    assert_eq!(total(&metrics), 6 * ROUTES.len() as u64);
}

/// Actix uses the name of a resource that a guard refused for any unnamed one that the path
/// matches.
async fn lent_names(
    configure: impl FnOnce(&mut ServiceConfig),
    table: &[(Method, &str, &str, &str)],
) {
    let metrics = hostless();
    let app = App::new().configure(configure).wrap(metrics.clone());
    let app = test::init_service(app).await;
    for round in 1..=3 {
        for (method, path, pattern, code) in table {
            let labels = [
                ("method", method.as_str()),
                ("path", pattern),
                ("code", code),
            ];
            let request = TestRequest::with_uri(path).method(method.clone());
            test::call_service(&app, request.to_request()).await;
            assert_eq!(
                metrics.sample("http_server_requests_total", &labels),
                Some(f64::from(round)),
                "{labels:?}: {:#?}",
                recorded(&metrics)
            );
        }
    }
}

fn get_alone(pattern: &str) -> Resource {
    web::resource(pattern).name(pattern).guard(guard::Get())
}

#[actix_web::test]
async fn lent_names_beside_other_static_segments() {
    let configure = |config: &mut ServiceConfig| {
        config.service(get_alone("/{org}/{repo}").to(ok)).service(
            web::scope("/{org}")
                .route("/members", web::post().to(ok))
                .route("/settings", web::post().to(ok))
                .default_service(web::to(HttpResponse::Accepted)),
        );
    };
    let table = [
        (Method::DELETE, "/1/2", "/{org}/{repo}", "202"),
        (Method::POST, "/1/members", "/{org}/members", "200"),
        (Method::POST, "/1/settings", "/{org}/settings", "200"),
        (Method::GET, "/1/settings", "/{org}/{repo}", "200"),
    ];
    lent_names(configure, &table).await;
}

#[actix_web::test]
async fn lent_names_beside_other_dynamic_segments() {
    let configure = |config: &mut ServiceConfig| {
        config
            .service(get_alone("/item/{a}").to(ok))
            .route("/item/{b}", web::post().to(ok))
            .service(get_alone("/about").to(ok))
            .route("/{page}", web::post().to(ok));
    };
    let table = [
        (Method::GET, "/item/1", "/item/{a}", "200"),
        (Method::POST, "/item/1", "/item/{b}", "200"),
        (Method::GET, "/about", "/about", "200"),
        (Method::POST, "/about", "/{page}", "200"),
    ];
    lent_names(configure, &table).await;
}

/// If a request ends without a response, only its path is known.
#[actix_web::test]
async fn patterns_of_paths_alone() {
    for (path, pattern) in [
        ("/named/1", "/named/{id}"),
        ("/%6eamed/1", "/named/{id}"),
        ("//named//1/", "/named/{id}"),
        ("/v1/users/1/posts/2?x=1", "/v1/users/{user}/posts/{post}"),
        ("http://a.example/named", "/named"),
        ("/nope", "No endpoint"),
    ] {
        let metrics = hostless();
        let failing = from_fn(|req, next: actix_web::middleware::Next<_>| async move {
            let _ = next.call(req).await?;
            Err::<ServiceResponse, _>(error::ErrorForbidden("no"))
        });
        let app = test::init_service(
            App::new()
                .configure(routes)
                .wrap(failing)
                .wrap(NormalizePath::trim())
                .wrap(metrics.clone()),
        )
        .await;
        let request = TestRequest::with_uri(path).to_request();
        assert!(app.call(request).await.is_err());
        assert_eq!(recorded(&metrics), [format!("GET {pattern} 403 x1")]);
    }
}

/// Also if an inner scope is wrapped, where only the rest of the path is known.
#[actix_web::test]
async fn patterns_of_paths_alone_in_a_scope() {
    let metrics = hostless();
    let failing = from_fn(|_, _: actix_web::middleware::Next<BoxBody>| async {
        Err::<ServiceResponse, _>(error::ErrorForbidden("no"))
    });
    let scope = web::scope("/api/{version}")
        .route("/users/{id}", web::get().to(ok))
        .wrap(failing)
        .wrap(metrics.clone());
    let app = test::init_service(App::new().service(scope)).await;
    for path in ["/api/1/users/2", "/api/1/nope"] {
        let request = TestRequest::with_uri(path).to_request();
        assert!(app.call(request).await.is_err());
    }
    assert_eq!(
        recorded(&metrics),
        [
            "GET /api/{version}/users/{id} 403 x1",
            "GET No endpoint 403 x1"
        ]
    );
}

#[actix_web::test]
async fn normalised_paths() {
    let metrics = hostless();
    let app = test::init_service(
        App::new()
            .configure(routes)
            .wrap(NormalizePath::trim())
            .wrap(metrics.clone()),
    )
    .await;
    for path in ["/named/1", "//named/1", "/named/1/", "/named//1"] {
        let request = TestRequest::with_uri(path).to_request();
        assert_eq!(test::call_service(&app, request).await.status(), 200);
    }
    assert_eq!(recorded(&metrics), ["GET /named/{id} 200 x4"]);
}

/// The middleware can be wrapped wherever Actix allows one, and around any service there.
#[actix_web::test]
async fn positions() {
    let [app, scope, resource, off] = [hostless(), hostless(), hostless(), hostless()];
    let app_metrics = app.clone();
    let app = test::init_service(
        App::new()
            .service(
                web::scope("/scope")
                    .service(
                        web::resource("/resource")
                            .to(ok)
                            .wrap(Logger::default())
                            .wrap(resource.clone()),
                    )
                    .route("/other", web::get().to(ok))
                    .wrap(scope.clone()),
            )
            .route("/route", web::get().to(ok).wrap(resource.clone()))
            .wrap(Compress::default())
            .wrap(DefaultHeaders::new().add(("x", "y")))
            .wrap(Condition::new(false, off.clone()))
            .wrap(Condition::new(true, app))
            .wrap_fn(|req, service| service.call(req)),
    )
    .await;
    for path in [
        "/scope/resource",
        "/scope/other",
        "/scope/nope",
        "/route",
        "/nope",
    ] {
        let request = TestRequest::with_uri(path)
            .insert_header((header::ACCEPT_ENCODING, "gzip"))
            .to_request();
        test::call_service(&app, request).await;
    }
    assert_eq!(
        recorded(&app_metrics),
        [
            "GET /route 200 x1",
            "GET /scope/other 200 x1",
            "GET /scope/resource 200 x1",
            "GET No endpoint 404 x2"
        ]
    );
    assert_eq!(
        recorded(&scope),
        [
            "GET /scope/other 200 x1",
            "GET /scope/resource 200 x1",
            "GET No endpoint 404 x1"
        ]
    );
    assert_eq!(
        recorded(&resource),
        ["GET /route 200 x1", "GET /scope/resource 200 x1"]
    );
    assert_eq!(recorded(&off), [""; 0]);
}

/// As documented.
#[actix_web::test]
async fn wrapped_twice_counts_twice() {
    let metrics = hostless();
    let app = test::init_service(
        App::new()
            .route("/ok", web::get().to(ok))
            .wrap(metrics.clone())
            .wrap(metrics.clone()),
    )
    .await;
    let request = TestRequest::with_uri("/ok").to_request();
    test::call_service(&app, request).await;
    assert_eq!(recorded(&metrics), ["GET /ok 200 x2"]);
}

#[actix_web::test]
async fn excluded_patterns() {
    let metrics = GdsMetrics::builder()
        .without_host_label()
        .exclude("/health")
        .exclude("/users/{id}")
        .build()
        .expect("patterns");
    let app = test::init_service(
        App::new()
            .route("/health", web::get().to(ok))
            .route("/health/deep", web::get().to(ok))
            .route("/users/{id}", web::get().to(HttpResponse::BadGateway))
            .service(web::scope("/api").route("/health", web::get().to(ok)))
            .wrap(metrics.clone()),
    )
    .await;
    for path in [
        "/health",
        "/%68ealth",
        "/health/deep",
        "/users/1",
        "/api/health",
        "/users/1/x",
    ] {
        let request = TestRequest::with_uri(path).to_request();
        test::call_service(&app, request).await;
    }
    // The route is excluded even if the response is never awaited.
    drop(app.call(TestRequest::with_uri("/health").to_request()));
    assert_eq!(
        recorded(&metrics),
        [
            "GET /api/health 200 x1",
            "GET /health/deep 200 x1",
            "GET No endpoint 404 x1"
        ]
    );
}

/// One instance in several apps, as with a private port: all record into it, and any may expose it.
#[actix_web::test]
async fn several_apps() {
    let metrics = hostless();
    let public = App::new()
        .route("/ok", web::get().to(ok))
        .wrap(metrics.clone());
    let more = App::new()
        .route("/ok/{id}", web::get().to(ok))
        .wrap(metrics.clone());
    let private = App::new().service(metrics.scope());
    let public = test::init_service(public).await;
    let more = test::init_service(more).await;
    let private = test::init_service(private).await;
    let get = |path| TestRequest::with_uri(path).to_request();
    for _ in 0..3 {
        assert_eq!(test::call_service(&public, get("/ok")).await.status(), 200);
        assert_eq!(test::call_service(&more, get("/ok/1")).await.status(), 200);
        assert_eq!(
            test::call_service(&public, get("/metrics")).await.status(),
            404
        );
    }
    let body = test::call_and_read_body(&private, get("/metrics")).await;
    let scrape = Scrape::parse(std::str::from_utf8(&body).expect("text"));
    assert_eq!(
        scrape.recorded(),
        [
            "GET /ok 200 x3",
            "GET /ok/{id} 200 x3",
            "GET No endpoint 404 x3"
        ]
    );
}

/// Two instances in one process are independent.
#[actix_web::test]
async fn no_global_state() {
    let (one, other) = (hostless(), hostless());
    let app = App::new().route("/ok", web::get().to(ok)).wrap(one.clone());
    let app = test::init_service(app).await;
    let request = TestRequest::with_uri("/ok").to_request();
    test::call_service(&app, request).await;
    assert_eq!(total(&one), 1);
    assert_eq!(total(&other), 0);
}
