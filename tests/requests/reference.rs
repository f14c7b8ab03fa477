//! The requests that were sent to the Python original produce the same families.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{
    App, HttpResponse, ResponseError,
    http::{Method, header},
    test::{self, TestRequest},
    web,
};
use gds_metrics::{Format, GdsMetrics};

use crate::support::exposition::{Labels, Scrape};

const REFERENCE: &str = include_str!("reference/flask-0.2.4-scrape.txt");

#[derive(Debug)]
struct ValueError;

impl std::fmt::Display for ValueError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a number")
    }
}

impl ResponseError for ValueError {}

/// The scrape after the requests that are listed at the top of the reference.
async fn scrape() -> Scrape {
    let metrics = GdsMetrics::builder().bearer_token("app-123").build();
    let metrics = metrics.expect("a token");
    let app = test::init_service(
        App::new()
            .service(metrics.scope())
            .service(web::resource("/").get(|| async { "index" }))
            .route("/users/{id}", web::get().to(|| async { "user" }))
            .route(
                "/exception",
                web::get().to(|| async { Err::<&str, _>(ValueError) }),
            )
            .route(
                "/unavailable",
                web::get().to(HttpResponse::ServiceUnavailable),
            )
            .wrap(metrics.clone()),
    )
    .await;
    for (method, path, token, status) in [
        (Method::GET, "/", None, 200),
        (Method::GET, "/", None, 200),
        (Method::GET, "/users/1", None, 200),
        (Method::GET, "/users/2", None, 200),
        (Method::GET, "/nope", None, 404),
        (Method::GET, "/exception", None, 500),
        (Method::GET, "/unavailable", None, 503),
        (Method::POST, "/", None, 405),
        (Method::GET, "/metrics", None, 401),
        (Method::GET, "/metrics", Some("Bearer wrong"), 403),
    ] {
        let mut request = TestRequest::with_uri(path)
            .method(method)
            .insert_header((header::HOST, "app.example"));
        if let Some(token) = token {
            request = request.insert_header((header::AUTHORIZATION, token));
        }
        let response = test::call_service(&app, request.to_request()).await;
        assert_eq!(response.status(), status, "{path}");
    }
    let request = TestRequest::with_uri("/metrics")
        .insert_header((header::HOST, "app.example"))
        .insert_header((header::AUTHORIZATION, "Bearer app-123"));
    let body = test::call_and_read_body(&app, request.to_request()).await;
    Scrape::parse(std::str::from_utf8(&body).expect("text"))
}

/// The names of all samples, each with the names of its labels.
fn label_names(scrape: &Scrape) -> BTreeMap<&str, BTreeSet<Vec<&str>>> {
    let mut names: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for sample in &scrape.samples {
        let labels = sample.labels.keys().map(|label| &**label).collect();
        names.entry(&*sample.name).or_default().insert(labels);
    }
    names
}

/// The `le` values of the histogram, in the order in which they are written.
fn bounds(scrape: &Scrape) -> BTreeSet<Vec<&str>> {
    let mut lists: BTreeMap<Labels, Vec<&str>> = BTreeMap::new();
    for sample in scrape.of("http_server_request_duration_seconds_bucket") {
        let mut labels = sample.labels.clone();
        labels.remove("le");
        lists.entry(labels).or_default().push(&sample.labels["le"]);
    }
    lists.into_values().collect()
}

#[actix_web::test]
async fn same_families_types_helps_labels_and_bounds() {
    let (reference, mut scrape) = (Scrape::parse(REFERENCE), scrape().await);
    scrape.check();

    let ours = scrape.families.remove("gds_metrics_folded_requests_total");
    assert_eq!(ours.expect("our own family").kind, "counter");
    scrape.samples.retain(|s| !s.name.starts_with("gds_"));

    assert_eq!(scrape.families, reference.families);
    assert_eq!(label_names(&scrape), label_names(&reference));
    assert_eq!(bounds(&scrape), bounds(&reference));
    assert_eq!(bounds(&scrape).len(), 1, "all series have the same buckets");
}

#[actix_web::test]
async fn same_label_sets_and_counts() {
    let (reference, scrape) = (Scrape::parse(REFERENCE), scrape().await);
    let mut expected: Vec<String> = reference
        .recorded()
        .iter()
        .map(|line| line.replace("/users/<id>", "/users/{id}"))
        // Flask's 405 has no rule, Actix's has a pattern.
        .map(|line| {
            let without_rule = "POST app.example No endpoint 405 x1";
            line.replace(without_rule, "POST app.example / 405 x1")
        })
        .collect();
    expected.sort();
    assert_eq!(scrape.recorded(), expected);

    assert_eq!(
        reference.exceptions(),
        ["<class 'ValueError'> x1"],
        "the reference"
    );
    assert_eq!(scrape.exceptions(), ["ValueError x1"]);
}

/// Series that exist from the start are exposed before the first request.
#[test]
fn an_idle_exposition() {
    let metrics = crate::support::metrics();
    let text = metrics.encode(Format::Text).expect("an exposition");
    assert_eq!(
        text,
        "\
# HELP http_server_request_duration_seconds Server request duration in seconds
# TYPE http_server_request_duration_seconds histogram
# HELP http_server_requests_total Total requests
# TYPE http_server_requests_total counter
# HELP http_server_exceptions_total Total number of exceptions
# TYPE http_server_exceptions_total counter
http_server_exceptions_total{error=\"panic\"} 0
# HELP gds_metrics_folded_requests_total Requests recorded under _other for a label, because there \
were too many of its values
# TYPE gds_metrics_folded_requests_total counter
gds_metrics_folded_requests_total{reason=\"host\"} 0
gds_metrics_folded_requests_total{reason=\"path\"} 0
"
    );
    let openmetrics = metrics.encode(Format::OpenMetrics).expect("an exposition");
    assert_eq!(
        openmetrics,
        "\
# HELP http_server_request_duration_seconds Server request duration in seconds
# TYPE http_server_request_duration_seconds histogram
# UNIT http_server_request_duration_seconds seconds
# HELP http_server_requests Total requests
# TYPE http_server_requests counter
# HELP http_server_exceptions Total number of exceptions
# TYPE http_server_exceptions counter
http_server_exceptions_total{error=\"panic\"} 0
# HELP gds_metrics_folded_requests Requests recorded under _other for a label, because there \
were too many of its values
# TYPE gds_metrics_folded_requests counter
gds_metrics_folded_requests_total{reason=\"host\"} 0
gds_metrics_folded_requests_total{reason=\"path\"} 0
# EOF
"
    );
}
