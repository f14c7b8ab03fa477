//! What a client can send, byte by byte over a socket, and the resulting labels.

use std::time::Duration;

use actix_web::{App, HttpServer, web};
use gds_metrics::{GdsMetrics, GdsMetricsBuilder};

use crate::support::{
    LIMIT, eventually, recorded,
    server::{Server, serve},
    total,
};

fn server(settings: impl FnOnce(GdsMetricsBuilder) -> GdsMetricsBuilder) -> (GdsMetrics, Server) {
    server_within(LIMIT, settings)
}

/// A server with this time limit for the head of a request.
fn server_within(
    limit: Duration,
    settings: impl FnOnce(GdsMetricsBuilder) -> GdsMetricsBuilder,
) -> (GdsMetrics, Server) {
    let metrics = settings(GdsMetrics::builder()).build().expect("settings");
    let served = metrics.clone();
    let server = serve(move |listener| {
        let factory = move || {
            App::new()
                .service(metrics.scope())
                .route("/", web::route().to(|| async { "index" }))
                .route("/users/{id}", web::route().to(|| async { "user" }))
                .wrap(metrics.clone())
        };
        Ok(HttpServer::new(factory)
            .workers(1)
            .client_request_timeout(limit)
            .listen(listener)?
            .run())
    });
    (served, server)
}

/// Sends each request and compares what was recorded for it.
fn check<R: AsRef<[u8]>>(rows: impl IntoIterator<Item = (R, String)>) {
    for (request, line) in rows {
        let (metrics, server) = server(|builder| builder);
        let request = request.as_ref();
        server.ask(request);
        let shown = request.escape_ascii().to_string();
        let shown = &shown[..shown.len().min(200)];
        assert_eq!(recorded(&metrics), [format!("{line} x1")], "{shown}");
    }
}

fn with_host(host: &[u8]) -> Vec<u8> {
    [b"GET / HTTP/1.1\r\nHost: ", host, b"\r\n\r\n"].concat()
}

#[test]
fn hosts() {
    let (longest, longer) = ("a".repeat(255), "a".repeat(256));
    let longest_upper = format!("{}:8080", longest.to_uppercase());
    let longest_port = format!("{longest}:8080");
    let huge = "a".repeat(100_000);
    let table: &[(&[u8], &str)] = &[
        (b"app.example", "app.example"),
        (b"APP.Example", "app.example"),
        (b"  app.example  ", "app.example"),
        (b"app.example:80", "app.example"),
        (b"app.example:443", "app.example"),
        (b"app.example:8080", "app.example:8080"),
        (b"my_service.namespace", "my_service.namespace"),
        (b"127.0.0.1:9000", "127.0.0.1:9000"),
        (b"[::1]:9000", "[::1]:9000"),
        (longest.as_bytes(), &longest),
        (longest_upper.as_bytes(), &longest_port),
        (longer.as_bytes(), "_invalid"),
        (huge.as_bytes(), "_invalid"),
        (b"", "_invalid"),
        (b":80", "_invalid"),
        (b"app.example:99999", "_invalid"),
        (b"a b", "_invalid"),
        (b"a\"b", "_invalid"),
        (b"a\\b", "_invalid"),
        (b"a{b}", "_invalid"),
        (b"\xff\xfe", "_invalid"),
        (b"app.example/path", "_invalid"),
        (b"user@app.example", "_invalid"),
        (b"app.example, other.example", "_invalid"),
        ("bücher.example".as_bytes(), "_invalid"),
        // A host that looks like one of our own values is still a host.
        (b"_other", "_other"),
        (b"_invalid", "_invalid"),
    ];
    check(
        table
            .iter()
            .map(|(host, label)| (with_host(host), format!("GET {label} / 200"))),
    );
}

/// The host is not in exactly one `Host` header.
#[test]
fn no_host_and_others() {
    let table: [(&str, &str); 6] = [
        ("GET / HTTP/1.0\r\n\r\n", "GET _invalid / 200"),
        (
            "GET / HTTP/1.0\r\nHost: app.example\r\n\r\n",
            "GET app.example / 200",
        ),
        (
            "GET / HTTP/1.1\r\nHost: app.example\r\nX-Forwarded-Host: evil.example\r\n\
             Forwarded: host=evil.example\r\n\r\n",
            "GET app.example / 200",
        ),
        (
            "GET / HTTP/1.0\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n\r\n",
            "GET _invalid / 200",
        ),
        (
            "GET http://uri.example/ HTTP/1.1\r\nHost: header.example\r\n\r\n",
            "GET header.example / 200",
        ),
        (
            "GET http://uri.example/ HTTP/1.0\r\n\r\n",
            "GET uri.example / 200",
        ),
    ];
    check(table.map(|(request, line)| (request, line.to_owned())));
}

#[test]
fn methods() {
    let long = "M".repeat(100_000);
    let known = [
        "CONNECT", "DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE",
    ];
    let others = ["get", "Get", "PROPFIND", "_OTHER", "M-SEARCH", &long];
    let known = known.map(|method| (method, method));
    let others = others.map(|method| (method, "_OTHER"));
    // CONNECT has no path that could match, so its host gets no number either.
    let target = |method| match method {
        "CONNECT" => ("app.example:80", "_other No endpoint 404"),
        _ => ("/", "app.example / 200"),
    };
    check(known.into_iter().chain(others).map(|(method, label)| {
        let (target, recorded) = target(method);
        (
            format!("{method} {target} HTTP/1.1\r\nHost: app.example\r\n\r\n"),
            format!("{label} {recorded}"),
        )
    }));
}

/// A path never becomes a label.
#[test]
fn paths() {
    let long = "x".repeat(60_000);
    let encoded = "%22%0A%5C%00%FF%2F".repeat(100);
    for (path, pattern) in [
        ("/users/1", "app.example /users/{id} 200"),
        (&*format!("/users/{long}"), "app.example /users/{id} 200"),
        (&*format!("/users/{encoded}"), "app.example /users/{id} 200"),
        ("/users/%zz", "app.example /users/{id} 200"),
        (&*format!("/{long}"), "_other No endpoint 404"),
        (&*format!("/{encoded}"), "_other No endpoint 404"),
        ("/users/1?secret=x", "app.example /users/{id} 200"),
        ("/users/../etc", "_other No endpoint 404"),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: app.example\r\n\r\n");
        check([(request, format!("GET {pattern}"))]);
    }
}

/// Requests that Actix rejects before any middleware are not recorded.
#[test]
fn malformed_and_slow_requests() {
    let (metrics, server) = server(|builder| builder);
    for request in [
        &b"nonsense\r\n\r\n"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"G\xffT / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ] {
        let answer = server.ask(request);
        assert_eq!(answer.status, 400, "{}", request.escape_ascii());
    }
    assert_eq!(total(&metrics), 0);

    let (metrics, server) = server_within(Duration::from_millis(50), |builder| builder);
    let mut slow = server.connect();
    slow.send("GET / HTTP/1.1\r\nHost: app.example\r\n");
    assert_eq!(slow.response().status, 408);
    assert_eq!(total(&metrics), 0);
}

#[test]
fn listed_hosts() {
    let (metrics, server) = server(|builder| builder.hosts(["App.Example", "api.example"]));
    for host in [
        "app.example",
        "APP.EXAMPLE:8080",
        "App.Example:80",
        "api.example",
        "other.example",
        "sub.app.example",
        "bad host",
    ] {
        server.ask(with_host(host.as_bytes()));
    }
    assert_eq!(
        recorded(&metrics),
        [
            "GET App.Example / 200 x3",
            "GET _invalid / 200 x1",
            "GET _other / 200 x2",
            "GET api.example / 200 x1",
        ]
    );
}

#[test]
fn first_seen_hosts() {
    let (metrics, server) = server(|builder| builder.max_hosts(2));
    let mut client = server.connect();
    let mut ask = |path: &str, host: &str| {
        client.send(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        client.response();
    };
    // A host that is seen only without a route gets no number.
    for n in 0..10 {
        ask("/scan", &format!("scan{n}.example"));
    }
    for host in [
        "a.example",
        "A.example:80",
        "b.example",
        "c.example",
        "d.example",
    ] {
        ask("/", host);
    }
    ask("/scan", "a.example");
    ask("/scan", "c.example");
    assert_eq!(
        recorded(&metrics),
        [
            "GET _other / 200 x2",
            "GET _other No endpoint 404 x11",
            "GET a.example / 200 x2",
            "GET a.example No endpoint 404 x1",
            "GET b.example / 200 x1",
        ]
    );
    // A host beyond the cap is folded on a request with a route; without a route, it needs no
    // number.
    let folded = |reason| {
        let name = "gds_metrics_folded_requests_total";
        metrics.sample(name, &[("reason", reason)])
    };
    assert_eq!(folded("host"), Some(2.0));
    assert_eq!(folded("path"), Some(0.0));
}

/// At the cap the host is folded; at twice the cap the path is folded, and the status becomes its
/// class.
#[test]
fn capped_label_sets() {
    let (metrics, server) = server(|builder| builder.max_label_sets(2));
    let mut client = server.connect();
    for (path, host) in [
        ("/", "a.example"),
        ("/", "b.example"),
        ("/", "c.example"),
        ("/users/1", "a.example"),
        ("/metrics", "a.example"),
        ("/metrics", "b.example"),
        ("/", "a.example"),
    ] {
        client.send(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(client.response().status, 200);
    }
    assert_eq!(
        recorded(&metrics),
        [
            "GET _other / 200 x1",
            "GET _other /users/{id} 200 x1",
            "GET _other _other 2xx x2",
            "GET a.example / 200 x2",
            "GET b.example / 200 x1",
        ]
    );
    let folded = |reason| {
        let name = "gds_metrics_folded_requests_total";
        metrics.sample(name, &[("reason", reason)])
    };
    assert_eq!((folded("host"), folded("path")), (Some(2.0), Some(2.0)));
}

/// A request is counted as folded once, whatever was folded.
#[test]
fn folded_once() {
    let (metrics, server) = server(|builder| builder.max_hosts(1).max_label_sets(1));
    let mut client = server.connect();
    for n in 0..10 {
        let path = if n % 2 == 0 { "/" } else { "/users/1" };
        client.send(format!(
            "GET {path} HTTP/1.1\r\nHost: host{n}.example\r\n\r\n"
        ));
        client.response();
    }
    let folded = |reason| {
        let name = "gds_metrics_folded_requests_total";
        metrics.sample(name, &[("reason", reason)])
    };
    // The first request reached both caps; `/users/{id}` took the series that is left for paths.
    assert_eq!((folded("host"), folded("path")), (Some(5.0), Some(4.0)));
}

/// `HEAD` has the headers of `GET`, byte for byte except the date and the length, and no body.
#[test]
fn head_is_get_without_a_body() {
    let (_metrics, server) = server(|builder| builder.bearer_token("secret"));
    // Both responses show the state before them, so the first pair creates the series.
    for (auth, encoding) in [
        ("Bearer secret", ""),
        ("Bearer secret", ""),
        ("Bearer secret", "gzip"),
        ("Bearer wrong", "gzip"),
        ("", ""),
    ] {
        let [head, get] = ["HEAD", "GET"].map(|method| {
            let mut client = server.connect();
            client.send(format!(
                "{method} /metrics HTTP/1.1\r\nHost: a\r\nAuthorization: {auth}\r\n\
                 Accept-Encoding: {encoding}\r\nConnection: close\r\n\r\n"
            ));
            let head = client.head();
            (head, client.rest())
        });
        assert_eq!(head.0.status, get.0.status);
        assert!(head.1.is_empty());
        let names = |headers: &[(String, String)]| {
            let mut headers: Vec<_> = headers
                .iter()
                .filter(|(name, _)| !matches!(&**name, "date" | "content-length"))
                .cloned()
                .collect();
            headers.sort();
            headers
        };
        assert_eq!(names(&head.0.headers), names(&get.0.headers));
        let len = get.0.header("content-length").expect("a length");
        assert_eq!(len.parse(), Ok(get.1.len()));
        // Nothing is rendered, so the length is unknown.
        let expected = (head.0.status != 200).then_some("0");
        assert_eq!(head.0.header("content-length"), expected);
    }
}

/// Pipelined requests are recorded separately.
#[test]
fn pipelined_requests() {
    let (metrics, server) = server(|builder| builder);
    let mut client = server.connect();
    let one = "GET /users/1 HTTP/1.1\r\nHost: app.example\r\n\r\n";
    client.send(one.repeat(20));
    for _ in 0..20 {
        assert_eq!(client.response().status, 200);
    }
    eventually(["GET app.example /users/{id} 200 x20"], || {
        recorded(&metrics)
    });
}
