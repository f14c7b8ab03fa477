//! Any request is recorded once, under bounded labels, and never bypasses the token.

#![no_main]
#![allow(missing_docs)]

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/support/exposition.rs"]
mod exposition;

use std::{cell::OnceCell, net::SocketAddr};

use actix_web::{
    App, HttpResponse, body,
    http::{
        Method, Uri,
        header::{self, HeaderValue},
    },
    rt::System,
    test, web,
};
use arbitrary::Arbitrary;
use gds_metrics::{Format, GdsMetrics};
use libfuzzer_sys::fuzz_target;

use exposition::Scrape;

const TOKEN: &str = "secret";
const MAX_HOSTS: usize = 8;
const MAX_LABEL_SETS: usize = 32;
/// Includes `_OTHER`.
const METHODS: usize = 11;
/// The codes of these routes and of the metrics.
const CODES: usize = 8;

#[derive(Debug, Arbitrary)]
struct Request<'a> {
    method: Text<'a>,
    target: Text<'a>,
    host: Vec<Text<'a>>,
    accept: Vec<Text<'a>>,
    accept_encoding: Vec<Text<'a>>,
    authorization: Vec<Text<'a>>,
    forwarded: Vec<Text<'a>>,
    peer: Option<SocketAddr>,
}

/// A meaningful text, or an arbitrary one.
#[derive(Debug, Arbitrary)]
enum Text<'a> {
    Known(u8),
    Any(&'a [u8]),
}

impl<'a> Text<'a> {
    fn of(&self, known: &[&'a str]) -> &'a [u8] {
        match self {
            Self::Known(i) => known[usize::from(*i) % known.len()].as_bytes(),
            Self::Any(bytes) => bytes,
        }
    }
}

impl Request<'_> {
    /// `None` if the request would not reach a middleware.
    fn build(&self) -> Option<test::TestRequest> {
        let method = self.method.of(&["GET", "HEAD", "POST", "PROPFIND"]);
        let target = [
            "/metrics",
            "/a",
            "/b/1",
            "/b/%2F",
            "/none",
            "/%6detrics",
            "*",
        ];
        let uri = Uri::try_from(self.target.of(&target)).ok()?;
        let mut request = test::TestRequest::default()
            .method(Method::from_bytes(method).ok()?)
            .uri(&uri.to_string());
        for (name, texts, known) in [
            (
                header::HOST,
                &self.host,
                &["a.example", "A.example:8080", "b.example", "[::1]:1", ""][..],
            ),
            (
                header::ACCEPT,
                &self.accept,
                &[
                    "application/openmetrics-text;version=1.0.0",
                    "text/plain;q=0.5",
                    "*/*",
                ],
            ),
            (
                header::ACCEPT_ENCODING,
                &self.accept_encoding,
                &["gzip", "identity;q=0, gzip;q=0.5", "*"],
            ),
            (
                header::AUTHORIZATION,
                &self.authorization,
                &["Bearer secret", "Bearer secreT", "Bearer", "Basic c2VjcmV0"],
            ),
            (
                header::HeaderName::from_static("x-forwarded-for"),
                &self.forwarded,
                &[
                    "10.0.0.1",
                    "192.0.2.7, 10.0.0.1",
                    "::ffff:10.0.0.1",
                    "for=a",
                ],
            ),
        ] {
            for text in texts {
                let value = HeaderValue::from_bytes(text.of(known)).ok()?;
                request = request.append_header((name.clone(), value));
            }
        }
        Some(match self.peer {
            Some(peer) => request.peer_addr(peer),
            None => request,
        })
    }

    /// Whether a scrape may be allowed.
    fn has_token(&self) -> bool {
        let known = ["Bearer secret", "", "", ""];
        matches!(&self.authorization[..], [one] if {
            let token = one.of(&known).strip_prefix(b"Bearer");
            token.is_some_and(|token| token.trim_ascii() == TOKEN.as_bytes())
        })
    }
}

/// Serves as long as the process runs, so that accumulating state is detected.
struct Served {
    system: actix_web::rt::SystemRunner,
    metrics: GdsMetrics,
}

fn served() -> Served {
    let metrics = GdsMetrics::builder()
        .bearer_token(TOKEN)
        .allow_ips(["10.0.0.0/8"])
        .trusted_proxies(["10.9.0.0/16"])
        .max_hosts(MAX_HOSTS)
        .max_label_sets(MAX_LABEL_SETS)
        .extended(true)
        .build()
        .expect("the settings are right");
    Served {
        system: System::new(),
        metrics,
    }
}

fuzz_target!(|requests: Vec<Request<'_>>| {
    thread_local!(static SERVED: OnceCell<Served> = const { OnceCell::new() });
    SERVED.with(|cell| {
        let Served { system, metrics } = cell.get_or_init(served);
        let parse = || Scrape::parse(&metrics.encode(Format::Text).expect("an exposition"));
        let before = parse().total();
        let mut sent = 0;
        system.block_on(async {
            let app = App::new()
                .service(metrics.scope())
                .route("/a", web::get().to(HttpResponse::Ok))
                .route("/b/{id}", web::to(HttpResponse::NoContent))
                .wrap(metrics.clone());
            let app = test::init_service(app).await;
            for request in &requests {
                let Some(built) = request.build() else {
                    continue;
                };
                let response = test::call_service(&app, built.to_request()).await;
                sent += 1;
                // The body of another route is not read as metrics.
                let body = body::to_bytes(response.into_body()).await;
                let shown = body.is_ok_and(|body| !body.is_empty());
                assert!(!shown || request.has_token(), "{request:?}");
            }
        });
        let scrape = parse();
        scrape.check();
        assert_eq!(scrape.total(), before + sent);
        let sets = scrape.of("http_server_requests_total").count();
        assert!(sets <= 2 * MAX_LABEL_SETS + METHODS * CODES, "{sets}");
        for sample in scrape.of("http_server_active_requests") {
            assert_eq!(sample.value.to_bits(), 0, "{sample:?}");
        }
    });
});
