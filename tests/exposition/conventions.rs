//! Compares OpenTelemetry's label names with its published conventions.
//!
//! The package `opentelemetry-semantic-conventions` is generated from the model of the conventions. Its source
//! documents the attributes of each metric and their requirement levels. The tests read that source.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{
    App, HttpResponse,
    dev::Service as _,
    http::{Method, StatusCode, header},
    test::{self, TestRequest},
    web,
};
use gds_metrics::{Format, GdsMetrics, LabelNames};
use opentelemetry_semantic_conventions::{attribute, metric};

use crate::support::{
    exposition::{Sample, Scrape},
    package::source,
};

/// Attributes that are not exposed. The protocol name is needed only if it is not `http`. Synthetic clients
/// are not recognised.
const LEFT_OUT: [(&str, &str); 2] = [
    (attribute::NETWORK_PROTOCOL_NAME, "Conditionally_required"),
    (attribute::USER_AGENT_SYNTHETIC_TYPE, "Opt_in"),
];

const PACKAGE: &str = "opentelemetry-semantic-conventions";

/// A metric of the conventions, with its attributes by requirement level.
#[derive(Debug, Default)]
struct Convention {
    unit: String,
    attributes: BTreeMap<String, String>,
}

/// `pub const NAME: &str = "value";`
fn constant(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.strip_prefix("pub const ")?.split_once(": &str = \"")?;
    Some((name, rest.strip_suffix("\";")?))
}

fn constants(file: &str) -> BTreeMap<String, String> {
    let source = source(PACKAGE, file);
    // A long value is on its own line.
    let source = source.replace(" =\n    \"", " = \"");
    let constants = source.lines().filter_map(constant);
    constants
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The metrics for HTTP servers.
fn conventions() -> BTreeMap<String, Convention> {
    let names = constants("src/attribute.rs");
    let mut conventions = BTreeMap::new();
    let mut convention = Convention::default();
    for line in source(PACKAGE, "src/metric.rs").lines() {
        if let Some((_, name)) = constant(line) {
            let found = std::mem::take(&mut convention);
            if name.starts_with("http.server.") {
                conventions.insert(name.to_owned(), found);
            }
        } else if let Some(rest) = line.strip_prefix("/// | Unit: | `") {
            convention.unit = rest.split('`').next().expect("a unit").to_owned();
        } else if let Some(rest) = line.strip_prefix("/// | [`crate::attribute::") {
            let (name, rest) = rest.split_once("`] | `").expect("a level");
            let level = rest.split('`').next().expect("a level");
            convention
                .attributes
                .insert(names[name].clone(), level.to_owned());
        }
    }
    conventions
}

/// The name of a metric in Prometheus.
fn prometheus_name(name: &str, unit: &str) -> String {
    let name = name.replace('.', "_");
    match unit {
        "s" => name + "_seconds",
        "By" => name + "_bytes",
        // A count in a unit such as `{request}` has no unit in its name.
        unit if unit.starts_with('{') => name,
        unit => panic!("an unknown unit of {name}: {unit}"),
    }
}

fn label(attribute: &str) -> String {
    attribute.replace('.', "_")
}

async fn exposed() -> Scrape {
    let metrics = GdsMetrics::builder()
        .label_names(LabelNames::OpenTelemetry)
        .hosts(["shop.example"])
        .extended(true)
        .build()
        .expect("settings");
    let status = |code: web::Path<u16>| async move {
        HttpResponse::new(StatusCode::from_u16(*code).expect("a status"))
    };
    let app = App::new()
        .route("/{code}", web::to(status))
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    for path in ["/200", "/503", "/a/path/without/a/route"] {
        let request = TestRequest::with_uri(path).insert_header((header::HOST, "shop.example"));
        test::call_and_read_body(&app, request.to_request()).await;
    }
    drop(app.call(TestRequest::with_uri("/200").to_request()));
    let purge = Method::from_bytes(b"PURGE").expect("a method");
    let request = TestRequest::with_uri("/200").method(purge);
    test::call_and_read_body(&app, request.to_request()).await;
    Scrape::parse(&metrics.encode(Format::Text).expect("an exposition"))
}

#[actix_web::test]
async fn names_and_labels_match_the_conventions() {
    let conventions = conventions();
    let names: Vec<&str> = conventions.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            metric::HTTP_SERVER_ACTIVE_REQUESTS,
            metric::HTTP_SERVER_REQUEST_BODY_SIZE,
            metric::HTTP_SERVER_REQUEST_DURATION,
            metric::HTTP_SERVER_RESPONSE_BODY_SIZE,
        ]
    );
    let scrape = exposed().await;
    for (name, convention) in &conventions {
        let exposed_name = prometheus_name(name, &convention.unit);
        assert!(
            scrape.families.contains_key(&exposed_name),
            "{exposed_name}"
        );
        let count = format!("{exposed_name}_count");
        let of_family: Vec<&Sample> = scrape.of(&exposed_name).chain(scrape.of(&count)).collect();
        assert!(!of_family.is_empty(), "{exposed_name}");

        let all: BTreeSet<&str> = of_family
            .iter()
            .flat_map(|sample| sample.labels.keys().map(String::as_str))
            .collect();
        let mut known = BTreeSet::new();
        for (attribute, level) in &convention.attributes {
            let label = label(attribute);
            let in_all = of_family
                .iter()
                .all(|sample| sample.labels.contains_key(&label));
            let in_some = all.contains(&*label);
            match &**level {
                "Required" | "Recommended" => assert!(in_all, "{exposed_name} {label}"),
                level if LEFT_OUT.contains(&(attribute, level)) => assert!(!in_some, "{label}"),
                "Conditionally_required" => assert!(in_some && !in_all, "{exposed_name} {label}"),
                // Opt-in attributes are those of the server. They are exposed if hosts are listed.
                "Opt_in" if name == metric::HTTP_SERVER_ACTIVE_REQUESTS => assert!(!in_some),
                "Opt_in" => assert!(in_some, "{exposed_name} {label}"),
                level => panic!("an unknown level of {label}: {level}"),
            }
            known.insert(label);
        }
        for label in all {
            assert!(known.contains(label), "{exposed_name} has {label}");
        }
    }
    // Its labels equal those of the duration.
    let of = |name| scrape.of(name).map(|sample| sample.labels.clone());
    assert!(of("http_server_requests_total").eq(of("http_server_request_duration_seconds_count")));
}

/// The attribute values that the conventions define.
#[actix_web::test]
async fn values_match_the_conventions() {
    let scrape = exposed().await;
    let values = |attribute: &str| {
        let label = label(attribute);
        let samples = scrape.of("http_server_requests_total");
        let values = samples.filter_map(|sample| sample.labels.get(&label).cloned());
        values.collect::<BTreeSet<_>>()
    };
    for (attribute, expected) in [
        (attribute::HTTP_REQUEST_METHOD, &["GET", "_OTHER"][..]),
        (attribute::HTTP_RESPONSE_STATUS_CODE, &["200", "404", "503"]),
        (attribute::ERROR_TYPE, &["503", "cancelled"]),
        (attribute::HTTP_ROUTE, &["/{code}"]),
        (attribute::NETWORK_PROTOCOL_VERSION, &["1.1"]),
        (attribute::URL_SCHEME, &["http"]),
        (attribute::SERVER_ADDRESS, &["_invalid", "shop.example"]),
        (attribute::SERVER_PORT, &["80"]),
    ] {
        let found = values(attribute);
        assert!(found.iter().eq(expected), "{attribute}: {found:?}");
    }
}
