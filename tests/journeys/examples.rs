//! The examples do what the comments at their top say.

#[path = "prometheus/http.rs"]
mod http;
#[path = "prometheus/running.rs"]
mod running;

use std::net::SocketAddr;

use running::{Running, example};

fn listening(line: &str) -> Option<SocketAddr> {
    line.strip_prefix("Listening on http://")?.parse().ok()
}

fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let response = http::get(address, path, &[]);
    (response.status, response.body)
}

#[test]
fn quickstart() {
    let (running, address) = Running::start(&mut example("quickstart"), listening);
    for (path, status) in [
        ("/", 200),
        ("/users/7", 200),
        ("/users/8", 200),
        ("/users/0", 404),
        ("/nope", 404),
        ("/error", 503),
    ] {
        assert_eq!(get(address, path).0, status, "{path}");
    }
    assert!(http::request(address, "GET", "/panic", &[], "").is_err());
    let order = http::request(address, "POST", "/orders", &[], "card");
    assert_eq!(order.expect("an answer").status, 201);
    let log = running.log();
    // The warning that everything is open may precede it.
    let first = log.lines().find(|line| !line.starts_with('['));
    let page = format!("Look at http://{address}/metrics/live");
    assert_eq!(first, Some(&*page), "{log}");
    let head = http::request(address, "HEAD", "/metrics/live", &[], "");
    let head = head.expect("an answer");
    assert_eq!((head.status, &*head.body), (200, ""));
    assert!(
        head.head
            .contains("content-security-policy: default-src 'none'")
    );
    assert!(
        log.contains(&format!("curl http://{address}/metrics\n")),
        "{log}"
    );

    let (_, metrics) = get(address, "/metrics");
    for line in [
        r#"http_server_requests_total{method="GET",host="shop.example",path="/users/{id}",code="200"} 2"#,
        r#"http_server_requests_total{method="GET",host="shop.example",path="No endpoint",code="404"} 1"#,
        r#"http_server_requests_total{method="GET",host="shop.example",path="/panic",code="500"} 1"#,
        r#"http_server_exceptions_total{error="PaymentsDown"} 1"#,
        r#"http_server_exceptions_total{error="panic"} 1"#,
        r#"shop_orders_total{payment="card"} 1"#,
        r#"shop_orders_total{payment="invoice"} 0"#,
        "shop_greeting_duration_seconds_count 1",
    ] {
        assert!(
            metrics.lines().any(|other| other == line),
            "{line}\n{metrics}"
        );
    }
}

#[test]
fn custom_metrics() {
    let mut command = example("custom_metrics");
    let (_running, address) = Running::start(&mut command, listening);
    let mail = http::request(address, "POST", "/mails/welcome", &[], "dear all");
    assert_eq!(mail.expect("an answer").status, 202);

    let (_, metrics) = get(address, "/metrics");
    for line in [
        r#"mailer_mails_sent_total{kind="welcome"} 1"#,
        r#"mailer_mails_sent_total{kind="password_reset"} 0"#,
        "mailer_mails_in_progress 0",
        r#"mailer_send_duration_seconds_count{kind="welcome"} 1"#,
        "mailer_mail_size_bytes_sum 8.0",
        r#"mailer_mode{mailer_mode="serving"} 1"#,
        "mailer_smtp_connections_opened_total 1",
        "mailer_retries_left 3",
    ] {
        assert!(
            metrics.lines().any(|other| other == line),
            "{line}\n{metrics}"
        );
    }
    assert!(metrics.contains("mailer_build_info{version="), "{metrics}");
}

#[test]
fn cloud_foundry() {
    let mut command = example("cloud_foundry");
    command.env(
        "VCAP_APPLICATION",
        r#"{"application_id":"5a1d0b1e","application_uris":["shop.example"]}"#,
    );
    let (_running, address) = Running::start(&mut command, listening);
    assert_eq!(get(address, "/").0, 200);

    for (authorization, status) in [
        (None, 401),
        (Some("Bearer wrong"), 403),
        (Some("Bearer 5a1d0b1e"), 200),
    ] {
        let headers: Vec<_> = authorization
            .map(|token| ("Authorization", token))
            .into_iter()
            .collect();
        let response = http::get(address, "/metrics", &headers);
        assert_eq!(response.status, status, "{authorization:?}");
        assert_eq!(response.body.contains("shop_visits_total 1"), status == 200);
        let challenge = "www-authenticate: bearer realm=\"metrics\"";
        assert_eq!(response.head.contains(challenge), status == 401);
    }
}

#[test]
fn private_port() {
    let mut command = example("private_port");
    command.env("EXAMPLE_METRICS_ADDR", "127.0.0.1:0");
    let (running, address) = Running::start(&mut command, listening);
    let log = running.log();
    let private = log
        .lines()
        .find_map(|line| line.strip_prefix("Metrics on http://"));
    let private = private
        .and_then(|address| address.parse().ok())
        .expect("an address");

    assert_eq!(get(address, "/").0, 200);
    assert_eq!(get(address, "/metrics").0, 404);
    let (status, metrics) = get(private, "/metrics");
    assert_eq!(status, 200);
    assert!(metrics.contains("shop_visits_total 1"), "{metrics}");
    // Scrapes are not requests of the application.
    let (_, metrics) = get(private, "/metrics");
    assert!(
        !metrics.contains(r#"path="/metrics",code="200""#),
        "{metrics}"
    );
}
