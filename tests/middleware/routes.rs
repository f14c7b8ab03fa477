//! Ways to register a route.

use actix_files::Files;
use actix_web::{
    App, HttpResponse, Responder, get,
    guard::{self, GuardContext},
    http::Method,
    post, routes,
    test::{self, TestRequest},
    web::{self, ServiceConfig},
};

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

/// Sends the requests, one after another, to an app that is configured so, and compares what is
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
            // Actix has the method as a guard of the resource: no resource is left.
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
            // Never a file's name: there may be many.
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
        // Both scopes refuse it. By its path alone, it would be the first's.
        ("3", "GET /api/items/{id} 404 x1"),
    ] {
        let metrics = hostless();
        let app = test::init_service(App::new().configure(configure).wrap(metrics.clone())).await;
        let request = TestRequest::with_uri("/api/items/1").insert_header(("version", version));
        test::call_service(&app, request.to_request()).await;
        assert_eq!(recorded(&metrics), [expected], "version {version}");
    }
}

/// Around a scope, a resource or a route alone, and nothing is recorded of the rest.
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
