//! OpenTelemetry's variables, each tested in a separate process.

use std::env;

use actix_web::{
    App,
    http::header,
    test::{self, TestRequest},
    web,
};
use gds_metrics::{Format, GdsMetrics, LabelNames};

use crate::environment::child_command;

/// Set in a child process. The value selects the label names.
const CHILD: &str = "GDS_METRICS_TEST_OPENTELEMETRY";

/// The output of a child: its `target_info` and the recorded labels, or the error.
fn said_by_child(names: &str, variables: &[(&str, &str)]) -> String {
    let output = child_command("opentelemetry::child")
        .envs(variables.iter().copied())
        .env("METRICS_BASIC_AUTH", "false")
        .env(CHILD, names)
        .output()
        .expect("a child");
    let output = String::from_utf8(output.stdout).expect("text");
    let said = output.split_once("child says: ").map(|(_, said)| said);
    let said = said.and_then(|said| said.split_once(" over\n"));
    let (said, _) = said.unwrap_or_else(|| panic!("the child said {output}"));
    said.to_owned()
}

#[actix_web::test]
async fn child() {
    let Ok(names) = env::var(CHILD) else {
        return;
    };
    let builder = GdsMetrics::builder();
    // A setter may come before or after the environment is read.
    let builder = match &*names {
        "before" => builder.label_names(LabelNames::OpenTelemetry).from_env(),
        _ => builder.from_env(),
    };
    let mut builder = builder.expect("what others set is no error here");
    if names == "opentelemetry" {
        builder = builder.label_names(LabelNames::OpenTelemetry);
    }
    let metrics = match builder.build() {
        Ok(metrics) => metrics,
        Err(error) => return println!("child says: {error} over"),
    };
    let app = App::new()
        .route("/", web::route().to(|| async { "index" }))
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    for method in ["GET", "POST", "PROPFIND"] {
        let request = TestRequest::default()
            .method(method.parse().expect("a method"))
            .insert_header((header::HOST, "shop.example"));
        test::call_service(&app, request.to_request()).await;
    }
    let text = metrics.encode(Format::Text).expect("an exposition");
    let lines = text.lines().filter(|line| {
        line.starts_with("target_info") || line.starts_with("http_server_requests_total")
    });
    let lines: Vec<&str> = lines.collect();
    println!("child says: {} over", lines.join("\n"));
}

/// The label names, the variables, and the output of the child.
type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], String);

#[test]
fn variables() {
    const ATTRIBUTES: (&str, &str) = (
        "OTEL_RESOURCE_ATTRIBUTES",
        "service.name=other,service.version=1.2,team=k%C3%BChl%2C%20na",
    );
    const NAME: (&str, &str) = ("OTEL_SERVICE_NAME", "shop");
    const METHODS: (&str, &str) = (
        "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
        "PROPFIND,get, POST",
    );
    const HOSTS: (&str, &str) = ("METRICS_HOSTS", "shop.example");
    let line = |method: &str, server: &str| {
        format!(
            "http_server_requests_total{{http_request_method=\"{method}\",url_scheme=\"http\",{server}\
             http_route=\"/\",http_response_status_code=\"200\",network_protocol_version=\"1.1\"}}"
        )
    };
    let lines = |info: &str, lines: &[(&str, &str, u8)]| {
        let mut all: Vec<String> = lines
            .iter()
            .map(|(method, server, count)| format!("{} {count}", line(method, server)))
            .collect();
        all.extend((!info.is_empty()).then(|| info.to_owned()));
        all.join("\n")
    };
    let default = [("GET", "", 1), ("POST", "", 1), ("_OTHER", "", 1)];
    let server = "server_address=\"shop.example\",server_port=\"80\",";
    let listed = default.map(|(method, _, count)| (method, server, count));
    let table: &[Row<'_>] = &[
        ("opentelemetry", &[], lines("", &default)),
        (
            "opentelemetry",
            &[NAME],
            lines("target_info{service_name=\"shop\"} 1", &default),
        ),
        (
            "before",
            &[NAME, ATTRIBUTES],
            lines(
                "target_info{service_name=\"shop\",service_version=\"1.2\",team=\"kühl, na\"} 1",
                &default,
            ),
        ),
        (
            "opentelemetry",
            &[METHODS],
            lines("", &[("POST", "", 1), ("PROPFIND", "", 1), ("_OTHER", "", 1)]),
        ),
        ("opentelemetry", &[HOSTS], lines("", &listed)),
        // Nobody has requested labels for these hosts.
        (
            "opentelemetry",
            &[(
                "VCAP_APPLICATION",
                r#"{"application_id":"secret","application_uris":["shop.example"]}"#,
            )],
            lines("", &default),
        ),
        // An empty variable counts as unset.
        (
            "opentelemetry",
            &[
                ("OTEL_SERVICE_NAME", ""),
                ("OTEL_RESOURCE_ATTRIBUTES", " "),
                ("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", ""),
            ],
            lines("", &default),
        ),
        (
            "opentelemetry",
            &[("OTEL_RESOURCE_ATTRIBUTES", "a=1,b")],
            "OTEL_RESOURCE_ATTRIBUTES has `b`: each part should be `key=value`, separated by commas, \
             with other commas, `=` and `%` percent-encoded"
                .to_owned(),
        ),
        (
            "before",
            &[("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "GET;POST HEAD")],
            "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS has `GET;POST HEAD`, which is no method: it should \
             hold methods such as `GET,POST,PROPFIND`, separated by commas"
                .to_owned(),
        ),
    ];
    for (names, variables, expected) in table {
        assert_eq!(said_by_child(names, variables), *expected, "{variables:?}");
    }
    // With this crate's own label names, the variables are not read and cannot be errors.
    let bad = [
        ("OTEL_RESOURCE_ATTRIBUTES", "bad"),
        ("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "b a d"),
        NAME,
    ];
    let said = said_by_child("gds", &bad);
    assert!(
        said.contains("method=\"_OTHER\",host=\"shop.example\""),
        "{said}"
    );
    assert!(!said.contains("target_info"), "{said}");
}
