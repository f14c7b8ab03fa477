//! The live page as a resource; the test binary `live` tests it in a browser.

use std::io::Read as _;

use actix_web::{
    App,
    http::{Method, header},
    test::{self, TestRequest},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use flate2::read::GzDecoder;
use gds_metrics::{GdsMetrics, GdsMetricsBuilder};
use sha2::{Digest as _, Sha256};

struct Answer {
    status: u16,
    headers: header::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        assert!(self.headers.get_all(name).count() <= 1, "{name} twice");
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("text"))
    }
}

fn on() -> GdsMetricsBuilder {
    GdsMetrics::builder().live_page(true)
}

async fn answer(builder: GdsMetricsBuilder, request: TestRequest) -> Answer {
    let metrics = builder.build().expect("the settings are right");
    let app = App::new().service(metrics.scope()).wrap(metrics.clone());
    let app = test::init_service(app).await;
    let response = test::call_service(&app, request.to_request()).await;
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: test::read_body(response).await.to_vec(),
    }
}

fn page() -> TestRequest {
    TestRequest::with_uri("/metrics/live")
}

#[actix_web::test]
async fn off_by_default() {
    assert_eq!(answer(GdsMetrics::builder(), page()).await.status, 404);
    assert_eq!(answer(on().live_page(false), page()).await.status, 404);
    assert_eq!(answer(on(), page()).await.status, 200);
}

#[actix_web::test]
async fn beside_the_metrics() {
    for (path, expected) in [
        ("/internal/numbers", "/internal/numbers/live"),
        ("/internal/", "/internal/live"),
        ("/", "/live"),
    ] {
        let found = answer(on().path(path), TestRequest::with_uri(expected)).await;
        assert_eq!(found.status, 200, "{path}");
        let metrics = answer(on().path(path), TestRequest::with_uri(path)).await;
        assert!(metrics.header("content-type").starts_with("text/plain"));
    }
    assert_eq!(answer(on().path("/internal"), page()).await.status, 404);
}

#[actix_web::test]
async fn methods() {
    for method in [Method::POST, Method::OPTIONS, Method::DELETE] {
        let found = answer(on(), page().method(method.clone())).await;
        assert_eq!(found.status, 405, "{method}");
        assert_eq!(found.header("allow"), "GET, HEAD");
        assert!(found.body.is_empty());
    }
    let found = answer(on(), page().method(Method::HEAD)).await;
    assert_eq!(found.status, 200);
}

/// The page contains no data, so it needs no token. The allowed addresses still apply.
#[actix_web::test]
async fn needs_an_allowed_address_but_no_token() {
    let guarded = || on().bearer_token("secret").allow_ips(["10.0.0.0/8"]);
    for (peer, expected) in [("10.1.2.3:5", 200), ("192.0.2.8:5", 403)] {
        let from = page().peer_addr(peer.parse().expect("an address"));
        let found = answer(guarded(), from).await;
        assert_eq!(found.status, expected, "{peer}");
        assert_eq!(found.body.is_empty(), expected == 403);
        assert!(!String::from_utf8_lossy(&found.body).contains("secret"));
    }
    // A Unix socket has no address.
    assert_eq!(answer(guarded(), page()).await.status, 403);
    assert_eq!(
        answer(on().bearer_token("secret"), page()).await.status,
        200
    );
}

#[actix_web::test]
async fn headers() {
    let found = answer(on(), page()).await;
    for (name, expected) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("vary", "Accept-Encoding"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("content-encoding", ""),
    ] {
        assert_eq!(found.header(name), expected, "{name}");
    }
    assert!(found.body.starts_with(b"<!doctype html>"));
    // The page contains the whole licence of the code that it includes.
    let text = String::from_utf8_lossy(&found.body);
    assert!(text.contains("Copyright (c) 2022 Leon Sorokin"));
    for placeholder in ["/*style*/", "/*script*/", "/*licence*/"] {
        assert!(!text.contains(placeholder), "{placeholder}");
    }
}

#[actix_web::test]
async fn compressed_or_not() {
    let plain = answer(on(), page()).await.body;
    for (accepts, is_compressed) in [
        ("gzip", true),
        ("gzip, deflate, br, zstd", true),
        ("identity", false),
        ("gzip;q=0", false),
        ("br", false),
    ] {
        let found = answer(on(), page().insert_header(("Accept-Encoding", accepts))).await;
        let expected = if is_compressed { "gzip" } else { "" };
        assert_eq!(found.header("content-encoding"), expected, "{accepts}");
        let mut body = Vec::new();
        if is_compressed {
            let mut decoder = GzDecoder::new(&*found.body);
            decoder.read_to_end(&mut body).expect("gzip");
        } else {
            body = found.body;
        }
        assert!(body == plain, "{accepts}");
    }
}

/// Only the page's own script and style run, and they connect only to the page's own host.
#[actix_web::test]
async fn content_security_policy() {
    let found = answer(on(), page()).await;
    let text = String::from_utf8(found.body.clone()).expect("text");
    let hash = |element: &str| {
        let (_, rest) = text.split_once(&format!("<{element}>")).expect("a start");
        let (inner, rest) = rest.split_once(&format!("</{element}>")).expect("an end");
        assert!(!rest.contains(&format!("<{element}")), "a second {element}");
        format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(inner)))
    };
    let policy: Vec<_> = found
        .header("content-security-policy")
        .split("; ")
        .collect();
    let expected = [
        "default-src 'none'",
        &format!("script-src {}", hash("script")),
        &format!("style-src {}", hash("style")),
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ];
    assert_eq!(
        policy, expected,
        "after a change of the page, its hashes in endpoint/live/mod.rs change as well"
    );
    // The page contains nothing that the policy would refuse.
    for refused in [
        " style=",
        " onclick=",
        " onload=",
        "<link rel=\"stylesheet",
        " src=",
    ] {
        assert!(!text.contains(refused), "{refused}");
    }
}
