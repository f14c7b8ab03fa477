//! OpenTelemetry's label names: whole lines, and their values for each request.

use std::{panic::AssertUnwindSafe, time::Duration};

use actix_service::{IntoServiceFactory as _, ServiceFactory as _};
use actix_web::{
    App, HttpResponse, HttpServer,
    dev::{AppConfig, Service as _},
    http::{StatusCode, Version, header},
    test::{self, TestRequest},
    web::{self, ServiceConfig},
};
use futures_util::FutureExt as _;
use gds_metrics::{Format, GdsMetrics, GdsMetricsBuilder, LabelNames};

use crate::support::{ON_PURPOSE, quiet_panics, server::serve};

fn settings() -> GdsMetricsBuilder {
    GdsMetrics::builder().label_names(LabelNames::OpenTelemetry)
}

fn routes(config: &mut ServiceConfig) {
    config
        .route(
            "/status/{code}",
            web::route().to(|code: web::Path<u16>| async move {
                HttpResponse::new(StatusCode::from_u16(*code).expect("a status"))
            }),
        )
        .route("/panic", web::get().to(panicking))
        .route(
            "/pending",
            web::get().to(std::future::pending::<HttpResponse>),
        )
        .route("/blocks", web::get().to(blocking));
}

async fn panicking() -> HttpResponse {
    panic!("{ON_PURPOSE}")
}

async fn blocking() -> &'static str {
    std::thread::sleep(Duration::from_millis(5));
    "at last"
}

/// The lines of a sample name, in order.
fn lines(metrics: &GdsMetrics, name: &str) -> Vec<String> {
    let text = metrics.encode(Format::Text).expect("an exposition");
    let with_labels = format!("{name}{{");
    let without = format!("{name} ");
    let lines = text
        .lines()
        .filter(|line| line.starts_with(&with_labels) || line.starts_with(&without));
    lines.map(str::to_owned).collect()
}

/// The text between the braces in each line of the counter of requests.
fn label_sets(metrics: &GdsMetrics) -> Vec<String> {
    let lines = lines(metrics, "http_server_requests_total");
    let inner = lines.iter().map(|line| {
        let (_, rest) = line.split_once('{').expect("labels");
        let (labels, _) = rest.rsplit_once('}').expect("labels");
        labels.to_owned()
    });
    inner.collect()
}

/// Sends requests to an app of a server with this configuration.
async fn send(
    metrics: &GdsMetrics,
    config: AppConfig,
    requests: impl IntoIterator<Item = TestRequest>,
) {
    quiet_panics();
    let app = App::new().configure(routes).wrap(metrics.clone());
    let app = app.into_factory().new_service(config);
    let app = app.await.expect("an app");
    for request in requests {
        let call = AssertUnwindSafe(async { app.call(request.to_request()).await });
        // A request that never ends is dropped.
        let _ = call.catch_unwind().now_or_never();
    }
}

fn plain() -> AppConfig {
    AppConfig::default()
}

fn listening(secure: bool, port: u16) -> AppConfig {
    let address = ([127, 0, 0, 1], port).into();
    AppConfig::__priv_test_new(secure, format!("localhost:{port}"), address)
}

fn get(path: &str) -> TestRequest {
    TestRequest::with_uri(path)
}

#[actix_web::test]
async fn whole_lines() {
    let metrics = settings().extended(true).build().expect("settings");
    let paths = [
        "/status/200",
        "/status/404",
        "/status/499",
        "/status/503",
        "/status/600",
        "/panic",
        "/pending",
        "/nope",
    ];
    send(&metrics, plain(), paths.map(get)).await;
    const HEAD: &str = r#"{http_request_method="GET",url_scheme="http""#;
    let expected = [
        r#",http_response_status_code="404",network_protocol_version="1.1"} 1"#,
        r#",http_route="/panic",http_response_status_code="500",error_type="panic",network_protocol_version="1.1"} 1"#,
        r#",http_route="/pending",error_type="cancelled",network_protocol_version="1.1"} 1"#,
        r#",http_route="/status/{code}",http_response_status_code="200",network_protocol_version="1.1"} 1"#,
        r#",http_route="/status/{code}",http_response_status_code="404",network_protocol_version="1.1"} 1"#,
        r#",http_route="/status/{code}",http_response_status_code="499",network_protocol_version="1.1"} 1"#,
        r#",http_route="/status/{code}",http_response_status_code="503",error_type="503",network_protocol_version="1.1"} 1"#,
        r#",http_route="/status/{code}",http_response_status_code="600",network_protocol_version="1.1"} 1"#,
    ];
    for name in [
        "http_server_requests_total",
        "http_server_request_duration_seconds_count",
        "http_server_request_body_size_bytes_count",
        "http_server_response_body_size_bytes_count",
    ] {
        let found = lines(&metrics, name);
        let body = name.contains("response_body");
        // Without a head there is no body; a panic sends nothing either.
        let expected: Vec<_> = expected
            .iter()
            .filter(|rest| !body || !rest.contains("/panic") && !rest.contains("/pending"))
            .map(|rest| format!("{name}{HEAD}{rest}"))
            .collect();
        let found: Vec<_> = found
            .into_iter()
            .filter(|line| line.ends_with(" 1"))
            .collect();
        assert_eq!(found, expected);
    }
    assert_eq!(
        lines(&metrics, "http_server_active_requests"),
        [r#"http_server_active_requests{http_request_method="GET",url_scheme="http"} 0"#]
    );
    assert_eq!(
        lines(&metrics, "http_server_exceptions_total"),
        [r#"http_server_exceptions_total{error="panic"} 1"#]
    );
    let labels = [
        ("http_request_method", "GET"),
        ("url_scheme", "http"),
        ("http_route", "/panic"),
        ("http_response_status_code", "500"),
        ("error_type", "panic"),
        ("network_protocol_version", "1.1"),
    ];
    let name = "http_server_requests_total";
    assert_eq!(metrics.sample(name, &labels), Some(1.0));
    let of_route = [("http_route", "/status/{code}")];
    assert_eq!(metrics.sum(name, &of_route).to_string(), "5");
}

/// A handler's own 500 and a panic are separate series.
#[actix_web::test]
async fn a_panic_and_a_status_of_500() {
    let metrics = settings().build().expect("settings");
    let handler = |what: web::Path<String>| async move {
        assert!(*what == "500", "{ON_PURPOSE}");
        HttpResponse::InternalServerError().finish()
    };
    quiet_panics();
    let app = App::new().route("/{what}", web::get().to(handler));
    let app = test::init_service(app.wrap(metrics.clone())).await;
    for path in ["/500", "/panic", "/500"] {
        let call = AssertUnwindSafe(app.call(get(path).to_request()));
        assert_eq!(call.catch_unwind().await.is_err(), path == "/panic");
    }
    const HEAD: &str = r#"http_server_requests_total{http_request_method="GET",url_scheme="http",http_route="/{what}",http_response_status_code="500",error_type="#;
    const TAIL: &str = r#",network_protocol_version="1.1"}"#;
    assert_eq!(
        lines(&metrics, "http_server_requests_total"),
        [
            format!(r#"{HEAD}"500"{TAIL} 2"#),
            format!(r#"{HEAD}"panic"{TAIL} 1"#),
        ]
    );
}

#[actix_web::test]
async fn versions_and_schemes() {
    let metrics = settings().build().expect("settings");
    let versions = [
        Version::HTTP_09,
        Version::HTTP_10,
        Version::HTTP_11,
        Version::HTTP_2,
        Version::HTTP_3,
    ];
    for secure in [false, true] {
        let requests = versions.map(|version| get("/status/200").version(version));
        send(&metrics, listening(secure, 443), requests).await;
    }
    let mut expected = Vec::new();
    for scheme in ["http", "https"] {
        for version in ["0.9", "1.0", "1.1", "2", "3"] {
            expected.push(format!(
                r#"http_request_method="GET",url_scheme="{scheme}",http_route="/status/{{code}}",http_response_status_code="200",network_protocol_version="{version}""#
            ));
        }
    }
    assert_eq!(label_sets(&metrics), expected);
}

/// The scheme of the connection, unless a trusted proxy sends another one.
#[actix_web::test]
async fn forwarded_schemes() {
    const PROXY: &str = "10.0.0.1:5";
    let table: &[(&str, &[&str], bool, &str)] = &[
        (PROXY, &["https"], false, "https"),
        (PROXY, &["HTTPS"], false, "https"),
        (PROXY, &["http"], true, "http"),
        ("[::ffff:10.0.0.1]:5", &["https"], false, "https"),
        // The proxy itself adds the last value.
        (PROXY, &["http, https"], false, "https"),
        (PROXY, &["https,http "], false, "http"),
        (PROXY, &["http", "https"], false, "https"),
        // A value that is not a scheme is ignored.
        (PROXY, &[], false, "http"),
        (PROXY, &[], true, "https"),
        (PROXY, &[""], true, "https"),
        (PROXY, &["ftp"], false, "http"),
        (PROXY, &["https,"], false, "http"),
        // Any client can send this header.
        ("192.0.2.1:5", &["https"], false, "http"),
        ("192.0.2.1:5", &["http"], true, "https"),
        ("", &["https"], false, "http"),
    ];
    for (peer, values, secure, expected) in table {
        let metrics = settings()
            .trusted_proxies(["10.0.0.0/8"])
            .build()
            .expect("settings");
        let mut request = get("/status/200");
        if !peer.is_empty() {
            request = request.peer_addr(peer.parse().expect("an address"));
        }
        for value in *values {
            request = request.append_header((header::X_FORWARDED_PROTO, *value));
        }
        send(&metrics, listening(*secure, 80), [request]).await;
        let sets = label_sets(&metrics);
        let scheme = format!(r#",url_scheme="{expected}","#);
        assert!(sets[0].contains(&scheme), "{peer} {values:?}: {sets:?}");
    }
    // Without trusted proxies, the header is ignored.
    let metrics = settings().build().expect("settings");
    let request = get("/status/200")
        .peer_addr(PROXY.parse().expect("an address"))
        .append_header((header::X_FORWARDED_PROTO, "https"));
    send(&metrics, plain(), [request]).await;
    assert!(label_sets(&metrics)[0].contains(r#"url_scheme="http""#));
}

/// Without a list there is no server label; with a list, only listed hosts, on ports of the server.
#[actix_web::test]
async fn servers() {
    let hosts = [
        "shop.example",
        "SHOP.example:80",
        "shop.example:443",
        "shop.example:8080",
        "shop.example:9999",
        "[::1]",
        "[::1]:8080",
        "[::1]:9999",
        "other.example",
        "other.example:8080",
        "not a host",
    ];
    let requests = || hosts.map(|host| get("/status/200").insert_header((header::HOST, host)));
    let servers = |metrics: &GdsMetrics| {
        let sets = label_sets(metrics).into_iter();
        let servers = sets.map(|set| {
            let start = set.find("server_").unwrap_or(set.len());
            let end = set.find(",http_route").expect("a route");
            set.get(start..end).unwrap_or_default().to_owned()
        });
        servers.collect::<Vec<_>>()
    };

    let metrics = settings().build().expect("settings");
    send(&metrics, listening(false, 8080), requests()).await;
    assert_eq!(servers(&metrics), [""]);
    let metrics = settings().hosts(["shop.example"]).without_host_label();
    let metrics = metrics.build().expect("settings");
    send(&metrics, listening(false, 8080), requests()).await;
    assert_eq!(servers(&metrics), [""]);

    for (secure, port) in [(false, "80"), (true, "443")] {
        let metrics = settings().hosts(["Shop.example", "[::1]"]);
        let metrics = metrics.build().expect("settings");
        send(&metrics, listening(secure, 8080), requests()).await;
        let mut expected = [
            r#"server_address="Shop.example""#.to_owned(),
            r#"server_address="Shop.example",server_port="8080""#.to_owned(),
            format!(r#"server_address="Shop.example",server_port="{port}""#),
            r#"server_address="[::1]""#.to_owned(),
            r#"server_address="[::1]",server_port="8080""#.to_owned(),
            format!(r#"server_address="[::1]",server_port="{port}""#),
            r#"server_address="_invalid""#.to_owned(),
            r#"server_address="_other""#.to_owned(),
        ];
        let mut found = servers(&metrics);
        expected.sort();
        found.sort();
        assert_eq!(found, expected);
    }
}

/// Every port on which the server listens counts.
#[actix_web::test]
async fn two_listeners() {
    let metrics = settings().hosts(["shop.example"]).build().expect("a host");
    for port in [8080, 8081] {
        let host = format!("shop.example:{port}");
        let request = get("/status/200").insert_header((header::HOST, host));
        send(&metrics, listening(false, port), [request]).await;
    }
    let ports: Vec<_> = label_sets(&metrics)
        .iter()
        .map(|set| {
            let (_, port) = set.split_once(r#"server_port=""#).expect("a port");
            port[..4].to_owned()
        })
        .collect();
    assert_eq!(ports, ["8080", "8081"]);
}

/// At the cap, first the host is folded, then the route; the outcome is folded to its class, and no
/// request is lost.
#[actix_web::test]
async fn folding() {
    let metrics = settings().max_label_sets(1).build().expect("settings");
    let paths = [
        "/status/200",
        "/status/201",
        "/status/202",
        "/status/204",
        "/status/404",
        "/status/500",
        "/status/503",
        "/panic",
        "/pending",
        "/nope",
    ];
    let requests = paths.into_iter().flat_map(|path| {
        [Version::HTTP_11, Version::HTTP_2].map(|version| get(path).version(version))
    });
    send(&metrics, plain(), requests).await;
    const HEAD: &str =
        r#"http_server_requests_total{http_request_method="GET",url_scheme="http",http_route="#;
    let expected = [
        r#""/status/{code}",http_response_status_code="200",network_protocol_version="1.1"} 1"#,
        r#""/status/{code}",http_response_status_code="200",network_protocol_version="2"} 1"#,
        r#""_other",error_type="cancelled"} 2"#,
        r#""_other",http_response_status_code="2xx"} 6"#,
        r#""_other",http_response_status_code="4xx"} 4"#,
        r#""_other",http_response_status_code="5xx",error_type="5xx"} 4"#,
        r#""_other",http_response_status_code="5xx",error_type="panic"} 2"#,
    ];
    let expected = expected.map(|rest| format!("{HEAD}{rest}"));
    assert_eq!(lines(&metrics, "http_server_requests_total"), expected);
    let folded = lines(&metrics, "gds_metrics_folded_requests_total");
    assert_eq!(
        folded,
        [
            r#"gds_metrics_folded_requests_total{reason="host"} 0"#,
            r#"gds_metrics_folded_requests_total{reason="path"} 18"#,
        ]
    );
}

/// Two apps in a process, each with its own label names.
#[actix_web::test]
async fn the_names_belong_to_an_instance() {
    let gds = GdsMetrics::builder().build().expect("the defaults");
    let opentelemetry = settings().build().expect("settings");
    for metrics in [&gds, &opentelemetry] {
        send(metrics, plain(), [get("/status/200")]).await;
    }
    assert_eq!(
        label_sets(&gds),
        [r#"method="GET",host="_invalid",path="/status/{code}",code="200""#]
    );
    assert_eq!(
        label_sets(&opentelemetry),
        [
            r#"http_request_method="GET",url_scheme="http",http_route="/status/{code}",http_response_status_code="200",network_protocol_version="1.1""#
        ]
    );
}

#[actix_web::test]
async fn polls_that_block() {
    let metrics = settings()
        .detect_blocking(Duration::from_millis(1))
        .build()
        .expect("settings");
    send(&metrics, plain(), ["/blocks", "/nope"].map(get)).await;
    assert_eq!(
        lines(&metrics, "http_server_blocking_polls_total"),
        [
            "http_server_blocking_polls_total 0",
            r#"http_server_blocking_polls_total{http_route="/blocks"} 1"#,
        ]
    );
    let seconds = lines(&metrics, "http_server_blocked_seconds_total");
    assert!(
        seconds[1].contains(r#"{http_route="/blocks"} 0.0"#),
        "{seconds:?}"
    );
}

/// The version and the methods of a real connection.
#[test]
fn over_a_socket() {
    let metrics = settings().build().expect("settings");
    let served = metrics.clone();
    let server = serve(move |listener| {
        let factory = move || App::new().configure(routes).wrap(served.clone());
        Ok(HttpServer::new(factory).workers(1).listen(listener)?.run())
    });
    for request in [
        "GET /status/200 HTTP/1.0\r\n\r\n",
        "PROPFIND /status/207 HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\n\r\n",
    ] {
        server.ask(request);
    }
    assert_eq!(
        label_sets(&metrics),
        [
            r#"http_request_method="GET",url_scheme="http",http_route="/status/{code}",http_response_status_code="200",network_protocol_version="1.0""#,
            r#"http_request_method="_OTHER",url_scheme="http",http_route="/status/{code}",http_response_status_code="207",network_protocol_version="1.1""#,
        ]
    );
}
