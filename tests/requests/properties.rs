//! For any headers, a scrape gets a response: never a panic, never a 500.

use std::io::Read as _;

use actix_web::{
    App,
    http::header::{self, HeaderName, HeaderValue},
    rt::System,
    test::{self, TestRequest},
};
use flate2::read::GzDecoder;
use gds_metrics::GdsMetrics;
use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestRunner};

/// The lines of a header: meaningful parts, and bytes that Actix accepts.
fn lines(parts: &'static [&'static str]) -> impl Strategy<Value = Vec<Vec<u8>>> {
    let part = prop_oneof![
        6 => select(parts).prop_map(|part| part.as_bytes().to_vec()),
        1 => vec(prop_oneof![Just(b'\t'), b' '..=b'~', 0x80..=0xff_u8], 0..9),
    ];
    let line = vec(part, 0..9).prop_map(|parts| parts.concat());
    vec(line, 0..3)
}

struct Answer {
    status: u16,
    headers: header::HeaderMap,
    body: Vec<u8>,
}

/// Requests the metrics with these headers, from a service that requires `token` if there is one.
fn check<S: Strategy<Value = Vec<Vec<u8>>>>(
    token: Option<&str>,
    name: &HeaderName,
    lines: &S,
    accept: impl Fn(&[Vec<u8>], &Answer) -> Result<(), TestCaseError>,
) {
    let builder = GdsMetrics::builder();
    let builder = match token {
        Some(token) => builder.bearer_token(token),
        None => builder,
    };
    let metrics = builder.build().expect("a token");
    let system = System::new();
    let app = App::new().service(metrics.scope()).wrap(metrics.clone());
    let app = system.block_on(test::init_service(app));
    TestRunner::default()
        .run(lines, |lines| {
            let mut request = TestRequest::with_uri("/metrics");
            for line in &lines {
                let value = HeaderValue::from_bytes(line).expect("what Actix lets through");
                request = request.append_header((name.clone(), value));
            }
            let answer = system.block_on(async {
                let response = test::call_service(&app, request.to_request()).await;
                Answer {
                    status: response.status().as_u16(),
                    headers: response.headers().clone(),
                    body: test::read_body(response).await.to_vec(),
                }
            });
            accept(&lines, &answer)
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn authorization() {
    let parts = &[
        "Bearer ", "Bearer", "Basic ", "secret", " ", "", "bearer ", "c2VjcmV0", ",",
    ];
    check(
        Some("secret"),
        &header::AUTHORIZATION,
        &lines(parts),
        |lines, answer| {
            let token = |line: &[u8]| {
                let (scheme, token) = line.split_at_checked(7)?;
                let is_bearer = scheme.eq_ignore_ascii_case(b"Bearer ");
                is_bearer.then(|| token.to_vec())
            };
            let expected = match lines {
                [line] if token(line).as_deref() == Some(b"secret") => &[200][..],
                // No credentials that could be valid.
                [] => &[401],
                [line] if token(line).is_none() => &[401],
                [_] => &[200, 401, 403],
                _ => &[403],
            };
            prop_assert!(expected.contains(&answer.status), "{}", answer.status);
            if answer.status == 200 {
                // Only the token itself, possibly with white space around it.
                let token = token(&lines[0]).unwrap_or_default();
                prop_assert_eq!(token.trim_ascii(), b"secret");
            } else {
                prop_assert!(answer.body.is_empty());
            }
            Ok(())
        },
    );
}

#[test]
fn accept() {
    let parts = &[
        "application/openmetrics-text",
        "text/plain",
        "*/*",
        "text/*",
        ";version=1.0.0",
        ";q=0",
        ";q=1.0",
        ";q=0.5",
        ";q=2",
        ";q=",
        ",",
        ", ",
        ";",
        "\"",
        "\\",
        "=",
        "/",
    ];
    check(None, &header::ACCEPT, &lines(parts), |lines, answer| {
        prop_assert_eq!(answer.status, 200);
        let openmetrics = answer.body.ends_with(b"\n# EOF\n");
        let content_type = answer.headers.get(header::CONTENT_TYPE).expect("a type");
        let expected = if openmetrics {
            "application/openmetrics-text; version=1.0.0; charset=utf-8"
        } else {
            "text/plain; version=0.0.4; charset=utf-8"
        };
        prop_assert_eq!(content_type, expected);
        let asked = |line: &Vec<u8>| {
            let line = line.to_ascii_lowercase();
            [&b"openmetrics"[..], b"application/*", b"*/*"]
                .iter()
                .any(|part| line.windows(part.len()).any(|window| window == *part))
        };
        prop_assert!(!openmetrics || lines.iter().any(asked), "nobody asked");
        Ok(())
    });
}

#[test]
fn accept_encoding() {
    let parts = &[
        "gzip", "GZIP", "x-gzip", "identity", "br", "deflate", "*", ";q=0", ";q=1", ";q=0.5",
        ";q=0.001", ";q=2", ";q=", ",", ", ", ";", "=",
    ];
    check(
        None,
        &header::ACCEPT_ENCODING,
        &lines(parts),
        |lines, answer| {
            prop_assert_eq!(answer.status, 200, "never 406");
            let mut text = String::new();
            match answer.headers.get(header::CONTENT_ENCODING) {
                Some(encoding) => {
                    prop_assert_eq!(encoding, "gzip");
                    let asked = lines.iter().any(|line| {
                        let line = line.to_ascii_lowercase();
                        line.contains(&b'*') || line.windows(4).any(|window| window == b"gzip")
                    });
                    prop_assert!(asked, "nobody asked");
                    let mut decoder = GzDecoder::new(&*answer.body);
                    decoder.read_to_string(&mut text).expect("gzip");
                }
                None => text.push_str(std::str::from_utf8(&answer.body).expect("text")),
            }
            prop_assert!(text.ends_with("{reason=\"path\"} 0\n"), "{}", text);
            Ok(())
        },
    );
}
