//! The responses of the endpoint, row by row.

use std::io::Read as _;

use actix_web::{
    App,
    http::header::{self, HeaderMap, HeaderName, HeaderValue},
    middleware::NormalizePath,
    test::{self, TestRequest},
    web::Bytes,
};
use flate2::read::GzDecoder;
use gds_metrics::{GdsMetrics, GdsMetricsBuilder};

use crate::support::exposition::Scrape;

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Headers<'a> = &'a [(HeaderName, &'a [u8])];

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn header(&self, name: HeaderName) -> Option<&str> {
        assert!(self.headers.get_all(&name).count() <= 1, "{name} twice");
        let value = self.headers.get(name)?;
        Some(value.to_str().expect("text"))
    }
}

fn builder(token: Option<&str>) -> GdsMetricsBuilder {
    let builder = GdsMetrics::builder();
    match token {
        Some(token) => builder.bearer_token(token),
        None => builder,
    }
}

async fn answer(metrics: &GdsMetrics, request: TestRequest) -> Answer {
    let app = App::new()
        .service(metrics.scope())
        .wrap(NormalizePath::trim())
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    let response = test::call_service(&app, request.to_request()).await;
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: test::read_body(response).await,
    }
}

async fn get(metrics: &GdsMetrics, headers: Headers<'_>) -> Answer {
    answer(metrics, with(TestRequest::with_uri("/metrics"), headers)).await
}

fn with(mut request: TestRequest, headers: Headers<'_>) -> TestRequest {
    for (name, value) in headers {
        let value = HeaderValue::from_bytes(value).expect("what Actix lets through");
        request = request.append_header((name.clone(), value));
    }
    request
}

fn metrics(token: Option<&str>) -> GdsMetrics {
    builder(token).build().expect("a token")
}

#[actix_web::test]
async fn get_and_head() {
    for token in [None, Some("secret")] {
        let headers: Headers<'_> = match token {
            Some(_) => &[(header::AUTHORIZATION, b"Bearer secret")],
            None => &[],
        };
        let metrics = metrics(token);
        let got = get(&metrics, headers).await;
        assert_eq!(got.status, 200);
        assert_eq!(got.header(header::CONTENT_TYPE), Some(TEXT));
        let cache = "no-cache, no-store, max-age=0, must-revalidate";
        assert_eq!(got.header(header::CACHE_CONTROL), Some(cache));
        assert_eq!(got.header(header::VARY), Some("Accept, Accept-Encoding"));
        assert_eq!(got.header(header::CONTENT_ENCODING), None);
        Scrape::parse(std::str::from_utf8(&got.body).expect("text")).check();
    }
}

/// Each row: the lines of `Authorization`, and the status.
#[actix_web::test]
async fn authorization() {
    let long = [b"Bearer ".as_slice(), &[b'x'; 9_000]].concat();
    let table: &[(&[&[u8]], u16)] = &[
        (&[b"Bearer secret"], 200),
        (&[b"bearer secret"], 200),
        (&[b"BEARER secret"], 200),
        (&[], 401),
        (&[b""], 401),
        (&[b"Bearer"], 401),
        (&[b"secret"], 401),
        (&[b"Basic c2VjcmV0"], 401),
        (&[b"Basic secret"], 401),
        (&[b"Bearersecret"], 401),
        (&[b"Token secret"], 401),
        (&[b"bearer"], 401),
        (&[b"bearer "], 401),
        (&[b"bearersecret"], 401),
        (&[b"bearer wrong"], 403),
        (&[b"Bearer \xff"], 401),
        (&[b"bearer \xff"], 401),
        (&[b"Bearer secret\xff"], 401),
        (&[b"\xff\xfe"], 401),
        (&["Bearer sécret".as_bytes()], 401),
        (&[b"Bearer wrong"], 403),
        (&[b"Bearer secre"], 403),
        (&[b"Bearer secrets"], 403),
        (&[b"Bearer SECRET"], 403),
        (&[b"Bearer secret, Bearer secret"], 403),
        (&[b"Bearer secret wrong"], 403),
        (&[&long], 403),
        (&[b"Bearer secret", b"Bearer secret"], 403),
        (&[b"Bearer secret", b"Bearer wrong"], 403),
        (&[b"Bearer wrong", b"Bearer secret"], 403),
        (&[b"Bearer secret", b""], 403),
        (&[b"", b""], 403),
    ];
    for (lines, status) in table {
        let headers: Vec<_> = lines
            .iter()
            .map(|line| (header::AUTHORIZATION, *line))
            .collect();
        let answer = get(&metrics(Some("secret")), &headers).await;
        let shown: Vec<_> = lines
            .iter()
            .map(|line| line.escape_ascii().to_string())
            .collect();
        assert_eq!(answer.status, *status, "{shown:?}");
        let challenge = answer.header(header::WWW_AUTHENTICATE);
        match status {
            200 => assert!(!answer.body.is_empty()),
            401 => assert_eq!(challenge, Some("Bearer realm=\"metrics\""), "{shown:?}"),
            _ => assert_eq!(challenge, None, "{shown:?}"),
        }
        assert!(*status == 200 || answer.body.is_empty(), "{shown:?}");
    }
}

#[actix_web::test]
async fn without_a_token_all_credentials_are_accepted() {
    let headers: &[&[u8]] = &[b"", b"Bearer x", b"\xff", b"Basic x"];
    for header in headers {
        let answer = get(&metrics(None), &[(header::AUTHORIZATION, header)]).await;
        assert_eq!(answer.status, 200);
    }
}

#[actix_web::test]
async fn one_of_several_tokens() {
    let metrics = GdsMetrics::builder().bearer_tokens(["old", "new"]).build();
    let metrics = metrics.expect("tokens");
    for (token, status) in [
        ("old", 200),
        ("new", 200),
        ("", 401),
        ("other", 403),
        ("oldnew", 403),
    ] {
        let header = format!("Bearer {token}");
        let answer = get(&metrics, &[(header::AUTHORIZATION, header.as_bytes())]).await;
        assert_eq!(answer.status, status, "{token}");
    }

    // Two equal tokens are valid.
    let metrics = GdsMetrics::builder()
        .bearer_tokens(["same", "same"])
        .build();
    let headers: Headers<'_> = &[(header::AUTHORIZATION, b"Bearer same")];
    assert_eq!(get(&metrics.expect("tokens"), headers).await.status, 200);
}

#[actix_web::test]
async fn other_methods() {
    for method in [
        "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "ODD",
    ] {
        for (token, header) in [
            (None, ""),
            (Some("secret"), ""),
            (Some("secret"), "Bearer secret"),
        ] {
            let request = TestRequest::with_uri("/metrics")
                .method(method.parse().expect("a method"))
                .insert_header((header::AUTHORIZATION, header));
            let answer = answer(&metrics(token), request).await;
            assert_eq!(answer.status, 405, "{method}");
            assert_eq!(answer.header(header::ALLOW), Some("GET, HEAD"), "{method}");
            assert!(answer.body.is_empty(), "{method}");
        }
    }
}

/// Other spellings of the path are the same resource, with the same authentication and the same
/// label.
#[actix_web::test]
async fn spellings_of_the_path() {
    for path in [
        "/metrics",
        "/%6detrics",
        "/%6D%65trics",
        "/metrics?x=1",
        "/metrics?",
        "//metrics",
        "/metrics/",
        "//metrics//",
        "http://elsewhere.example/metrics",
        "http://elsewhere.example/%6detrics?x=1",
    ] {
        let metrics = metrics(Some("secret"));
        for (header, status) in [("", 401), ("Bearer wrong", 403), ("Bearer secret", 200)] {
            let request =
                TestRequest::with_uri(path).insert_header((header::AUTHORIZATION, header));
            let answer = answer(&metrics, request).await;
            assert_eq!(answer.status, status, "{path}");
        }
        let expected = ["200", "401", "403"].map(|code| format!("GET _invalid /metrics {code} x1"));
        let recorded: Vec<_> = crate::support::recorded(&metrics)
            .iter()
            .map(|line| line.replace("elsewhere.example", "_invalid"))
            .collect();
        assert_eq!(recorded, expected, "{path}");
    }
}

#[actix_web::test]
async fn another_path() {
    let metrics = builder(None)
        .path("/internal/stats")
        .build()
        .expect("a path");
    for (path, status) in [
        ("/internal/stats", 200),
        ("/metrics", 404),
        ("/internal", 404),
    ] {
        let answer = answer(&metrics, TestRequest::with_uri(path)).await;
        assert_eq!(answer.status, status, "{path}");
    }
}

/// The unit tests have the tables of `Accept`; this test shows that all lines of the header are
/// used.
#[actix_web::test]
async fn formats() {
    const PROMETHEUS: &[u8] = b"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let table: &[(&[&[u8]], &str)] = &[
        (&[], TEXT),
        (&[b"*/*"], TEXT),
        (&[b"image/png"], TEXT),
        (&[b"\xff"], TEXT),
        (&[b"text/plain;q=0, application/openmetrics-text;q=0"], TEXT),
        (&[PROMETHEUS], OPENMETRICS),
        (
            &[b"text/plain;q=0.5", b"application/openmetrics-text"],
            OPENMETRICS,
        ),
        (
            &[b"application/openmetrics-text;q=0.4", b"text/plain"],
            TEXT,
        ),
    ];
    for (lines, content_type) in table {
        let headers: Vec<_> = lines.iter().map(|line| (header::ACCEPT, *line)).collect();
        let answer = get(&metrics(None), &headers).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header(header::CONTENT_TYPE), Some(*content_type));
        let end = answer.body.ends_with(b"\n# EOF\n");
        assert_eq!(end, *content_type == OPENMETRICS);
    }
}

#[actix_web::test]
async fn encodings() {
    let table: &[(&[&[u8]], bool)] = &[
        (&[], false),
        (&[b""], false),
        (&[b"gzip"], true),
        (&[b"GZip"], true),
        (&[b"gzip;q=0.001"], true),
        (&[b"gzip;q=0"], false),
        (&[b"gzip;q=0.0, identity"], false),
        (&[b"gzip;q=0, *"], false),
        (&[b"identity;q=0.5, gzip;q=0.4"], false),
        (&[b"gzip;q=0.5, identity;q=0.4"], true),
        (&[b"deflate, br, zstd"], false),
        (&[b"deflate, gzip"], true),
        (&[b"*;q=0"], false),
        (&[b"identity;q=0"], false),
        (&[b"identity;q=0, gzip;q=0"], false),
        (&[b"garbage;;;"], false),
        (&[b"\xff"], false),
    ];
    for (lines, gzip) in table {
        let shown: Vec<_> = lines
            .iter()
            .map(|line| line.escape_ascii().to_string())
            .collect();
        let headers: Vec<_> = lines
            .iter()
            .map(|line| (header::ACCEPT_ENCODING, *line))
            .collect();
        let answer = get(&metrics(None), &headers).await;
        assert_eq!(answer.status, 200, "never 406: {shown:?}");
        let encoding = answer.header(header::CONTENT_ENCODING);
        assert_eq!(encoding, gzip.then_some("gzip"), "{shown:?}");
        let mut text = String::new();
        if *gzip {
            let mut decoder = GzDecoder::new(&*answer.body);
            decoder.read_to_string(&mut text).expect("gzip");
        } else {
            text.push_str(std::str::from_utf8(&answer.body).expect("text"));
        }
        assert!(text.ends_with("{reason=\"path\"} 0\n"), "{shown:?}");
    }
}
