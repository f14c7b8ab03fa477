//! A real Prometheus server scrapes the quickstart under load.

use std::{collections::BTreeMap, net::SocketAddr, thread};

use crate::{http, programs::Quickstart, store::Store, wait_for};

/// Method, path, body, and the expected result: the `path` label and the code.
const REQUESTS: [(&str, &str, &str, (&str, &str)); 8] = [
    ("GET", "/", "", ("/", "200")),
    ("GET", "/users/7", "", ("/users/{id}", "200")),
    ("GET", "/users/8?page=2", "", ("/users/{id}", "200")),
    ("GET", "/users/0", "", ("/users/{id}", "404")),
    ("GET", "/wp-login.php", "", ("No endpoint", "404")),
    ("GET", "/error", "", ("/error", "503")),
    ("GET", "/panic", "", ("/panic", "500")),
    ("POST", "/orders", "card", ("/orders", "201")),
];
const CLIENTS: usize = 4;
const ROUNDS: usize = 150;

#[test]
#[ignore = "needs prometheus"]
fn prometheus_scrapes_the_quickstart_under_load() {
    let quickstart = Quickstart::start();
    let prometheus = Store::scraping(quickstart.address);

    wait_for("the target to be up", || match prometheus.health("right") {
        (health, error) if health == "up" && error.is_empty() => Ok(()),
        other => Err(format!("{other:?}")),
    });
    // A rate needs a scrape before the load.
    wait_for("a first scrape", || {
        prometheus.number(r#"http_server_exceptions_total{error="panic"} == 0"#)
    });

    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            thread::spawn({
                let address = quickstart.address;
                move || make_requests(address)
            })
        })
        .collect();
    for client in clients {
        client.join().expect("all requests are answered");
    }

    let each = (CLIENTS * ROUNDS) as f64;
    let sent = each * REQUESTS.len() as f64;
    let sum = r#"sum(http_server_requests_total{job="right",path!="/metrics"})"#;
    wait_for("all requests to be scraped", || {
        match prometheus.number(sum) {
            Ok(sum) if sum == sent => Ok(()),
            other => Err(format!("{other:?}, not {sent}")),
        }
    });

    // Each request under its own labels, in the counter and in the histogram.
    let mut expected: BTreeMap<_, f64> = BTreeMap::new();
    for (method, _, _, (path, code)) in REQUESTS {
        *expected.entry((method, path, code)).or_default() += each;
    }
    for metric in ["requests_total", "request_duration_seconds_count"] {
        for ((method, path, code), count) in &expected {
            let query = format!(
                r#"http_server_{metric}{{method="{method}",host="shop.example",path="{path}",code="{code}"}}"#
            );
            assert_eq!(prometheus.number(&query), Ok(*count), "{query}");
        }
    }
    let rate = r#"sum(rate(http_server_requests_total{path!="/metrics"}[1m]))"#;
    assert!(prometheus.number(rate).expect("data") > 0.0);
    let quantile = "histogram_quantile(0.95, sum by (le) (rate(http_server_request_duration_seconds_bucket[1m])))";
    assert!(prometheus.number(quantile).expect("data") > 0.0);
    // Counters that start at 0 show their whole increase.
    for (metric, labels) in [
        ("http_server_exceptions_total", r#"error="panic""#),
        ("shop_orders_total", r#"payment="card""#),
    ] {
        let total = prometheus.number(&format!("{metric}{{{labels}}}"));
        assert_eq!(total, Ok(each), "{metric}");
        let increase = format!("increase({metric}{{{labels}}}[1m])");
        assert!(
            prometheus.number(&increase).expect("data") > 0.0,
            "{increase}"
        );
    }
    let failures = prometheus.number(r#"http_server_exceptions_total{error="PaymentsDown"}"#);
    assert_eq!(failures, Ok(each));

    // No scrape failed, even under load.
    assert_eq!(prometheus.health("right"), ("up".to_owned(), String::new()));
    assert_eq!(
        prometheus.number(r#"min_over_time(up{job="right"}[1m])"#),
        Ok(1.0)
    );
}

#[test]
#[ignore = "needs prometheus"]
fn prometheus_receives_types_helps_and_units() {
    let quickstart = Quickstart::start();
    let prometheus = Store::scraping(quickstart.address);
    http::get(quickstart.address, "/", &[]);

    // The name without `_total`, and the unit, show that Prometheus requested OpenMetrics.
    for (family, kind, help, unit) in [
        ("http_server_requests", "counter", "Total requests", ""),
        (
            "http_server_request_duration_seconds",
            "histogram",
            "Server request duration in seconds",
            "seconds",
        ),
        (
            "http_server_exceptions",
            "counter",
            "Total number of exceptions",
            "",
        ),
        (
            "shop_orders",
            "counter",
            "Orders placed, by how they were paid",
            "",
        ),
        (
            "shop_greeting_duration_seconds",
            "histogram",
            "Time taken to greet a visitor",
            "seconds",
        ),
    ] {
        let metadata = wait_for("metadata", || {
            let found = prometheus.api(&format!("targets/metadata?metric={family}"));
            found
                .get(0)
                .cloned()
                .ok_or_else(|| format!("{family}: {found}"))
        });
        let text = |field: &str| metadata[field].as_str().unwrap_or("?").to_owned();
        assert_eq!(
            (
                text("type").as_str(),
                text("help").as_str(),
                text("unit").as_str()
            ),
            (kind, help, unit),
            "{family}"
        );
    }
}

#[test]
#[ignore = "needs prometheus"]
fn prometheus_is_refused_without_the_token() {
    let quickstart = Quickstart::start();
    let prometheus = Store::scraping(quickstart.address);
    for (job, code) in [("wrong", "403"), ("none", "401")] {
        wait_for("a refusal", || match prometheus.health(job) {
            (health, error) if health == "down" && error.contains(code) => Ok(()),
            other => Err(format!("{job}: {other:?}")),
        });
    }
    wait_for("the right token to be let in", || {
        match prometheus.health("right") {
            (health, _) if health == "up" => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
}

fn make_requests(address: SocketAddr) {
    for _ in 0..ROUNDS {
        for (method, path, body, (_, code)) in REQUESTS {
            let response = http::request(address, method, path, &[], body);
            // A panic closes the connection without a response.
            let status = response.map_or(500, |response| response.status);
            assert_eq!(status.to_string(), code, "{method} {path}");
        }
    }
}
