//! Ways to register a route.

use std::collections::BTreeMap;

use actix_files::Files;
use actix_web::{
    App, Error, HttpResponse, Responder,
    dev::{AppService, HttpServiceFactory, ResourceDef, Service as _, ServiceRequest},
    get,
    guard::{self, GuardContext},
    http::{Method, Uri},
    post, routes,
    test::{self, TestRequest},
    web::{self, ServiceConfig},
};

use actix_service::fn_service;

use crate::{hostless, recorded};

async fn ok() -> &'static str {
    "ok"
}

#[get("/items/{id}")]
async fn item() -> impl Responder {
    "item"
}

#[post("/items")]
async fn new_item() -> impl Responder {
    HttpResponse::Created()
}

#[routes]
#[get("/about")]
#[get("/imprint")]
async fn about() -> impl Responder {
    "about"
}

/// Sends the requests, one after another, to an app with this configuration, and compares what is
/// recorded after each.
async fn table(configure: fn(&mut ServiceConfig), table: &[(Method, &str, &str)]) {
    for (method, path, expected) in table {
        let metrics = hostless();
        let app = App::new().configure(configure).wrap(metrics.clone());
        let app = test::init_service(app).await;
        let request = TestRequest::with_uri(path).method(method.clone());
        let response = test::call_service(&app, request.to_request()).await;
        let _ = test::read_body(response).await;
        assert_eq!(
            recorded(&metrics),
            [format!("{method} {expected} x1")],
            "{path}"
        );
    }
}

#[actix_web::test]
async fn macros() {
    table(
        |app| {
            app.service((item, new_item, about));
        },
        &[
            (Method::GET, "/items/1", "/items/{id} 200"),
            (Method::POST, "/items", "/items 201"),
            (Method::GET, "/about", "/about 200"),
            (Method::GET, "/imprint", "/imprint 200"),
            // The method is a guard of the resource in Actix, so no resource matches.
            (Method::PUT, "/items", "/items 404"),
            (Method::HEAD, "/items/1", "/items/{id} 404"),
        ],
    )
    .await;
}

#[actix_web::test]
async fn nested_scopes() {
    table(
        |app| {
            app.service(
                web::scope("/api").service(
                    web::scope("/v1/{tenant}")
                        .service(item)
                        .route("", web::get().to(ok))
                        .service(web::resource("/users/{id}").route(web::get().to(ok))),
                ),
            );
        },
        &[
            (
                Method::GET,
                "/api/v1/a/items/1",
                "/api/v1/{tenant}/items/{id} 200",
            ),
            (
                Method::GET,
                "/api/v1/a/users/1",
                "/api/v1/{tenant}/users/{id} 200",
            ),
            (Method::GET, "/api/v1/a", "/api/v1/{tenant} 200"),
            (
                Method::POST,
                "/api/v1/a/users/1",
                "/api/v1/{tenant}/users/{id} 405",
            ),
            (Method::GET, "/api/v1/a/nope", "No endpoint 404"),
            (Method::GET, "/api/v2", "No endpoint 404"),
        ],
    )
    .await;
}

#[actix_web::test]
async fn default_services() {
    table(
        |app| {
            app.service(
                web::scope("/api")
                    .route("/items", web::get().to(ok))
                    .default_service(web::to(HttpResponse::Gone)),
            )
            .service(
                web::resource("/orders")
                    .route(web::get().to(ok))
                    .default_service(web::to(HttpResponse::ImATeapot)),
            )
            .default_service(web::to(HttpResponse::NotImplemented));
        },
        &[
            (Method::GET, "/api/items", "/api/items 200"),
            (Method::GET, "/api/nope", "No endpoint 410"),
            (Method::DELETE, "/orders", "/orders 418"),
            (Method::GET, "/nope", "No endpoint 501"),
        ],
    )
    .await;
}

#[actix_web::test]
async fn files() {
    table(
        |app| {
            app.service(item)
                .service(Files::new(
                    "/assets",
                    concat!(env!("CARGO_MANIFEST_DIR"), "/tests"),
                ))
                .service(Files::new(
                    "/",
                    concat!(env!("CARGO_MANIFEST_DIR"), "/examples"),
                ));
        },
        &[
            // Never the name of a file: there may be many.
            (Method::GET, "/assets/custom/registry.rs", "/assets 200"),
            (Method::GET, "/assets/no/such.file", "/assets 404"),
            (Method::GET, "/assets/../Cargo.toml", "/assets 404"),
            (Method::POST, "/assets/custom/registry.rs", "/assets 405"),
            (Method::GET, "/monitoring/main.rs", "/ 200"),
            (Method::GET, "/items/1", "/items/{id} 200"),
        ],
    )
    .await;
}

#[actix_web::test]
async fn guards_that_share_a_prefix() {
    let asks_for = |version: &'static str| {
        guard::fn_guard(move |context: &GuardContext<'_>| {
            context
                .head()
                .headers
                .get("version")
                .is_some_and(|value| value == version)
        })
    };
    let configure = move |app: &mut ServiceConfig| {
        app.service(
            web::scope("/api")
                .guard(asks_for("1"))
                .route("/items/{id}", web::get().to(ok)),
        )
        .service(
            web::scope("/api")
                .guard(asks_for("2"))
                .route("/items/{number}", web::get().to(ok)),
        );
    };
    for (version, expected) in [
        ("1", "GET /api/items/{id} 200 x1"),
        ("2", "GET /api/items/{number} 200 x1"),
        // Both scopes refuse the request. By its path alone, it would belong to the first scope.
        ("3", "GET /api/items/{id} 404 x1"),
    ] {
        let metrics = hostless();
        let app = test::init_service(App::new().configure(configure).wrap(metrics.clone())).await;
        let request = TestRequest::with_uri("/api/items/1").insert_header(("version", version));
        test::call_service(&app, request.to_request()).await;
        assert_eq!(recorded(&metrics), [expected], "version {version}");
    }
}

/// Wraps only a scope, a resource or a route; nothing else is recorded.
#[actix_web::test]
async fn wrapped_in_part() {
    let metrics = hostless();
    let app = App::new()
        .service(
            web::scope("/api")
                .wrap(metrics.clone())
                .service(item)
                .route("/orders", web::get().to(ok)),
        )
        .service(web::resource("/one").wrap(metrics.clone()).to(ok))
        .route("/two", web::get().to(ok).wrap(metrics.clone()))
        .route("/three", web::get().to(ok));
    let app = test::init_service(app).await;
    for path in [
        "/api/items/1",
        "/api/orders",
        "/api/nope",
        "/one",
        "/two",
        "/three",
        "/nope",
    ] {
        test::call_service(&app, TestRequest::with_uri(path).to_request()).await;
    }
    assert_eq!(
        recorded(&metrics),
        [
            "GET /api/items/{id} 200 x1",
            "GET /api/orders 200 x1",
            "GET /one 200 x1",
            "GET /two 200 x1",
            "GET No endpoint 404 x1",
        ]
    );
}

/// Sends the requests to one app, in this order and reversed, and compares what is recorded with
/// the pattern that Actix gives.
async fn as_actix(configure: fn(&mut ServiceConfig), requests: &[(Method, &str)]) {
    let metrics = hostless();
    let app = App::new().configure(configure).wrap(metrics.clone());
    let app = test::init_service(app).await;
    let mut expected: BTreeMap<String, usize> = BTreeMap::new();
    for (method, path) in requests.iter().chain(requests.iter().rev()) {
        let request = TestRequest::with_uri(path).method(method.clone());
        let response = app.call(request.to_request()).await.unwrap();
        let pattern = response.request().match_pattern();
        let pattern = match pattern.as_deref() {
            None => "No endpoint",
            Some("") => "/",
            Some(pattern) => pattern,
        };
        // Escaped as in the label.
        let pattern = pattern.replace('\\', r"\\");
        let line = format!("{method} {pattern} {}", response.status().as_u16());
        *expected.entry(line).or_default() += 1;
    }
    let mut found = recorded(&metrics);
    found.sort();
    let mut expected: Vec<_> = expected
        .iter()
        .map(|(line, count)| format!("{line} x{count}"))
        .collect();
    expected.sort();
    assert_eq!(found, expected);
}

/// Both have the same dynamic segment; one of them is the path of another resource.
#[actix_web::test]
async fn a_scopes_default_service_beside_a_resource() {
    as_actix(
        |app| {
            app.route("/users/me", web::get().to(ok)).service(
                web::scope("/users/{id}")
                    .route("/orders", web::get().to(ok))
                    .default_service(web::to(HttpResponse::Gone)),
            );
        },
        &[
            (Method::POST, "/users/1"),
            (Method::POST, "/users/me"),
            (Method::GET, "/users/me"),
            (Method::GET, "/users/me/orders"),
            (Method::GET, "/users/1/orders"),
            (Method::POST, "/users/1/orders"),
            (Method::POST, "/users/2"),
            (Method::POST, "/users/me"),
        ],
    )
    .await;
}

/// Registers one definition in several places.
struct Shared(ResourceDef);

impl HttpServiceFactory for Shared {
    fn register(self, config: &mut AppService) {
        let answer = |req: ServiceRequest| async {
            Ok::<_, Error>(req.into_response(HttpResponse::Ok().finish()))
        };
        config.register_service(self.0, None, fn_service(answer), None);
    }
}

/// A clone of a definition has the same segment names, at the same addresses.
#[actix_web::test]
async fn one_definition_in_several_scopes() {
    as_actix(
        |app| {
            let id = ResourceDef::new("/{id}");
            let prefixes = ["/a", "/b", "/{x}/c", "/{x}/d", "/a-long-prefix/of/it"];
            for prefix in prefixes {
                app.service(web::scope(prefix).service(Shared(id.clone())));
            }
            let [long, short] =
                ["/a-long-name", "/e"].map(|prefix| web::scope(prefix).service(Shared(id.clone())));
            app.service(web::scope("/{x}").service(long).service(short));
        },
        &[
            (Method::GET, "/x/a-long-name/1"),
            (Method::GET, "/x/e/1"),
            (Method::GET, "/y/e/2"),
            (Method::GET, "/a/1"),
            (Method::GET, "/b/1"),
            (Method::GET, "/a/2"),
            (Method::GET, "/x/c/1"),
            (Method::GET, "/x/d/1"),
            (Method::GET, "/y/d/2"),
            (Method::GET, "/a-long-prefix/of/it/1"),
            (Method::GET, "/b/2"),
        ],
    )
    .await;
}

/// Actix panics if it is asked for the values of a path that does not have them any more.
#[actix_web::test]
async fn a_path_that_is_replaced_after_routing() {
    let metrics = hostless();
    for path in [
        "/new",
        "/n%C3%A9%C3%A9%C3%A9%C3%A9",
        "/new/and/longer/than/before",
    ] {
        let resource = web::resource("/old/{rest:.*}").wrap_fn(move |mut req, service| {
            let uri: Uri = path.parse().unwrap();
            req.match_info_mut().get_mut().update(&uri);
            req.head_mut().uri = uri;
            service.call(req)
        });
        let app = App::new().service(resource.route(web::get().to(ok)));
        let app = test::init_service(app.wrap(metrics.clone())).await;
        let request = TestRequest::with_uri("/old/a/b/c").to_request();
        let response = test::call_service(&app, request).await;
        assert_eq!(response.status(), 200, "{path}");
    }
    assert_eq!(
        metrics.sum("http_server_requests_total", &[("code", "200")]),
        3.0
    );
}

#[actix_web::test]
async fn many_shapes() {
    as_actix(
        |app| {
            app.service(
                web::scope("/users/{id}")
                    .route("", web::get().to(ok))
                    .route("/orders", web::get().to(ok))
                    .route("/orders/{order}", web::get().to(ok))
                    .route("/a-long-name-of-a-collection", web::get().to(ok))
                    .route("/b-long-name-of-a-collection", web::get().to(ok)),
            )
            .route(r"/files/{name:\d{1,3}}.{extension}", web::get().to(ok))
            .service(web::resource(["/first/{x}", "/second/{y}"]).to(ok))
            .route("/tail/{tail}*", web::get().to(ok))
            .route("/{anything}", web::get().to(ok));
        },
        &[
            (Method::GET, "/users/1"),
            (Method::GET, "/users/1/orders"),
            (Method::GET, "/users/1/orders/2"),
            (Method::GET, "/users/a-long-name/orders/2"),
            (Method::GET, "/users/1/a-long-name-of-a-collection"),
            (Method::GET, "/users/1/b-long-name-of-a-collection"),
            (Method::GET, "/users/1/nothing"),
            (Method::POST, "/users/1"),
            (Method::GET, "/files/1.png"),
            (Method::GET, "/files/1234.png"),
            (Method::GET, "/first/1"),
            (Method::GET, "/second/1"),
            (Method::GET, "/tail/1/2/3"),
            (Method::GET, "/tail/1"),
            (Method::GET, "/anything"),
            (Method::GET, "/%61nything"),
            (Method::GET, "/tail/%7B/x"),
            (Method::GET, "/no/thing"),
            (Method::GET, "/n%6F/thing"),
        ],
    )
    .await;
}

/// A path without a route is cached. It is not confused with a resource that takes all paths, or
/// with a path that a guard allowed before.
#[actix_web::test]
async fn paths_without_a_route() {
    let configure: [fn(&mut ServiceConfig); 3] = [
        |app| {
            app.service(web::scope("/api").route("/x", web::get().to(ok)));
        },
        |app| {
            app.service(Files::new(
                "/",
                concat!(env!("CARGO_MANIFEST_DIR"), "/examples"),
            ));
        },
        |app| {
            app.service(
                web::scope("/api")
                    .guard(guard::Get())
                    .route("/x", web::get().to(ok)),
            )
            .service(
                Files::new("/assets", concat!(env!("CARGO_MANIFEST_DIR"), "/examples"))
                    .guard(guard::Get()),
            )
            .route("/post", web::post().to(ok));
        },
    ];
    for configure in configure {
        as_actix(
            configure,
            &[
                (Method::GET, "/nothing"),
                (Method::POST, "/nothing"),
                (Method::POST, "/api/x"),
                (Method::GET, "/api/x"),
                (Method::GET, "/api/y"),
                (Method::POST, "/api/y"),
                (Method::POST, "/%61ssets/x"),
                (Method::GET, "/%61ssets/x"),
                (Method::GET, "/assets/x"),
                (Method::GET, "/post"),
                (Method::POST, "/post"),
                (Method::GET, "/nothing"),
            ],
        )
        .await;
    }
}
