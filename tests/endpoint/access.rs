//! Access by address, and the metrics about scrapes.

use actix_web::{
    App,
    http::header,
    test::{self, TestRequest},
};
use gds_metrics::{GdsMetrics, GdsMetricsBuilder};

async fn status(metrics: &GdsMetrics, request: TestRequest) -> u16 {
    let app = test::init_service(App::new().service(metrics.scope())).await;
    let response = test::call_service(&app, request.to_request()).await;
    let status = response.status().as_u16();
    assert!(status == 200 || test::read_body(response).await.is_empty());
    status
}

fn from(peer: &str, forwarded: &[&str]) -> TestRequest {
    let mut request = TestRequest::with_uri("/metrics");
    if !peer.is_empty() {
        request = request.peer_addr(peer.parse().expect("an address"));
    }
    for line in forwarded {
        request = request.append_header((header::X_FORWARDED_FOR, *line));
    }
    request
}

fn settings() -> GdsMetricsBuilder {
    GdsMetrics::builder()
        .allow_ips(["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"])
        .trusted_proxies(["172.16.0.1", "172.16.0.2", "fd00::/8"])
}

#[actix_web::test]
async fn by_address() {
    let table: &[(&str, &[&str], u16)] = &[
        ("10.1.2.3:5", &[], 200),
        ("192.0.2.7:5", &[], 200),
        ("192.0.2.8:5", &[], 403),
        ("[2001:db8::5]:5", &[], 200),
        ("[2001:db9::5]:5", &[], 403),
        ("[::ffff:10.1.2.3]:5", &[], 200),
        // A Unix socket has no address.
        ("", &[], 403),
        ("", &["10.1.2.3"], 403),
        // Any client can send this header; only a trusted proxy is trusted.
        ("192.0.2.8:5", &["10.1.2.3"], 403),
        ("10.1.2.3:5", &["192.0.2.8"], 200),
        ("172.16.0.1:5", &["10.1.2.3"], 200),
        ("172.16.0.1:5", &["192.0.2.8"], 403),
        ("172.16.0.1:5", &[], 403),
        ("172.16.0.3:5", &["10.1.2.3"], 403),
        ("[::ffff:172.16.0.1]:5", &["10.1.2.3"], 200),
        ("[fd00::1]:5", &["2001:db8::5"], 200),
        // The right-most address that is not a proxy counts; the client can write anything to its
        // left.
        ("172.16.0.1:5", &["10.1.2.3, 192.0.2.8"], 403),
        ("172.16.0.1:5", &["192.0.2.8, 10.1.2.3"], 200),
        ("172.16.0.1:5", &["192.0.2.8,10.1.2.3,172.16.0.2"], 200),
        ("172.16.0.1:5", &["10.1.2.3,192.0.2.8,172.16.0.2"], 403),
        ("172.16.0.1:5", &["192.0.2.8", "10.1.2.3"], 200),
        ("172.16.0.1:5", &["10.1.2.3", "192.0.2.8"], 403),
        ("172.16.0.1:5", &["10.1.2.3", "172.16.0.2"], 200),
        ("172.16.0.1:5", &["172.16.0.2"], 403),
        // Some proxies add a port.
        ("172.16.0.1:5", &["10.1.2.3:4711"], 200),
        ("172.16.0.1:5", &["[2001:db8::5]:4711"], 200),
        ("172.16.0.1:5", &["::ffff:10.1.2.3"], 200),
        // An unreadable entry is not an address.
        ("172.16.0.1:5", &["unknown"], 403),
        ("172.16.0.1:5", &[""], 403),
        ("172.16.0.1:5", &["10.1.2.3,"], 403),
        ("172.16.0.1:5", &["10.1.2.3", "é"], 403),
    ];
    let metrics = settings().build().expect("ranges");
    for (peer, forwarded, expected) in table {
        let found = status(&metrics, from(peer, forwarded)).await;
        assert_eq!(found, *expected, "{peer} {forwarded:?}");
    }
}

/// Both must match.
#[actix_web::test]
async fn by_address_and_token() {
    let metrics = settings().bearer_token("secret").build().expect("both");
    for (peer, token, expected) in [
        ("10.1.2.3:5", "Bearer secret", 200),
        ("10.1.2.3:5", "Bearer wrong", 403),
        ("10.1.2.3:5", "", 401),
        ("192.0.2.8:5", "Bearer secret", 403),
        ("192.0.2.8:5", "", 403),
    ] {
        let request = from(peer, &[]).insert_header((header::AUTHORIZATION, token));
        assert_eq!(status(&metrics, request).await, expected, "{peer} {token}");
    }
    let metrics = settings().bearer_token("secret").without_auth().build();
    let metrics = metrics.expect("addresses");
    assert_eq!(status(&metrics, from("10.1.2.3:5", &[])).await, 200);
    assert_eq!(status(&metrics, from("192.0.2.8:5", &[])).await, 403);
}

#[actix_web::test]
async fn outcomes() {
    let metrics = settings().bearer_token("secret").extended(true).build();
    let metrics = metrics.expect("both");
    let counts = || {
        ["ok", "unauthorized", "forbidden", "busy", "error"].map(|outcome| {
            let labels = [("outcome", outcome)];
            let count = metrics.sample("gds_metrics_scrapes_total", &labels);
            count.expect("there from the start")
        })
    };
    let last_bytes = || metrics.sample("gds_metrics_last_scrape_bytes", &[]);
    assert_eq!(counts(), [0.0; 5]);
    assert_eq!(last_bytes(), Some(0.0));
    for (peer, token) in [
        ("10.1.2.3:5", "Bearer secret"),
        ("10.1.2.3:5", "Bearer secret"),
        ("10.1.2.3:5", "Bearer secret"),
        ("10.1.2.3:5", ""),
        ("10.1.2.3:5", "Bearer wrong"),
        ("192.0.2.8:5", "Bearer secret"),
    ] {
        let request = from(peer, &[]).insert_header((header::AUTHORIZATION, token));
        status(&metrics, request).await;
    }
    // Neither request is a scrape.
    status(
        &metrics,
        from("10.1.2.3:5", &[]).method("POST".parse().expect("a method")),
    )
    .await;
    assert_eq!(counts(), [3.0, 1.0, 2.0, 0.0, 0.0]);
    assert!(last_bytes().is_some_and(|bytes| bytes > 500.0));
}
