//! The errors of the builder.

use std::{io, time::Duration};

use actix_web::{
    App,
    test::{self, TestRequest},
    web,
};
use gds_metrics::{GdsMetrics, GdsMetricsBuilder};

#[test]
fn errors() {
    type Set = fn(GdsMetricsBuilder) -> GdsMetricsBuilder;
    const TOKEN: &str = "it should hold a token of visible ASCII";
    const BUCKETS: &str = "it should give upper bounds in seconds";
    const HOST: &str = "each value should be a host name";
    const RANGE: &str = "each value should be an address such as `192.0.2.1` or a range";
    const BLOCKING: &str = "from 1 ms to 1 minute, such as `Duration::from_millis(100)`";
    const KIND: &str = "it should be a name of 1 to 64 ASCII letters";
    let table: [(Set, &str, &str); 27] = [
        (
            |b| b.detect_blocking(Duration::ZERO),
            "`.detect_blocking(…)` is 0ns",
            BLOCKING,
        ),
        (
            |b| b.detect_blocking(Duration::from_micros(999)),
            "`.detect_blocking(…)` is 999µs",
            BLOCKING,
        ),
        (
            |b| b.detect_blocking(Duration::MAX),
            "`.detect_blocking(…)` is 18446744073709551615.999999999s",
            BLOCKING,
        ),
        (
            |b| b.path("metrics"),
            "`.path(…)` is `metrics`",
            "a plain path",
        ),
        (
            |b| b.path("/m/{x}"),
            "`.path(…)` is `/m/{x}`",
            "a plain path",
        ),
        (
            |b| b.path("/metrics*"),
            "`.path(…)` is `/metrics*`",
            "a plain path",
        ),
        (
            |b| b.path("/a%20b"),
            "`.path(…)` is `/a%20b`",
            "a plain path",
        ),
        (|b| b.bearer_token(""), "`.bearer_token(…)` is empty", TOKEN),
        (
            |b| b.bearer_token("a b"),
            "`.bearer_token(…)` has white space",
            TOKEN,
        ),
        (
            |b| b.bearer_tokens(["a", ""]),
            "`.bearer_token(…)` is empty",
            TOKEN,
        ),
        // An empty list is not the same as `without_auth`.
        (
            |b| b.bearer_tokens([""; 0]),
            "`.bearer_token(…)` is empty",
            TOKEN,
        ),
        (|b| b.buckets([]), "`.buckets(…)` has none", BUCKETS),
        (
            |b| b.buckets([f64::INFINITY]),
            "`.buckets(…)` has none",
            BUCKETS,
        ),
        (|b| b.buckets([0.0, 1.0]), "`.buckets(…)` has 0.0", BUCKETS),
        (
            |b| b.buckets([1.0, f64::NAN]),
            "`.buckets(…)` has NaN",
            BUCKETS,
        ),
        (
            |b| b.buckets([1.0, 1.0]),
            "`.buckets(…)` has 1.0 after 1.0",
            BUCKETS,
        ),
        (|b| b.hosts(["a:80"]), "`.hosts(…)` has `a:80`", HOST),
        (|b| b.hosts([""; 0]), "`.hosts(…)` has ``", HOST),
        (
            |b| b.max_hosts(0),
            "`.max_hosts(…)` is 0",
            "from 1 to 65533",
        ),
        (
            |b| b.max_hosts(70_000),
            "`.max_hosts(…)` is 70000",
            "from 1 to 65533",
        ),
        (
            |b| b.max_label_sets(0),
            "`.max_label_sets(…)` is 0",
            "from 1 to",
        ),
        (
            |b| b.allow_ips(["10.0.0.0/99"]),
            "`.allow_ips(…)` has `10.0.0.0/99`",
            RANGE,
        ),
        (
            |b| b.trusted_proxies(["proxy"]),
            "`.trusted_proxies(…)` has `proxy`",
            RANGE,
        ),
        (
            |b| b.exclude("health"),
            "`.exclude(…)` has `health`",
            "as it was registered",
        ),
        (
            |b| b.error_kind::<std::io::Error>(""),
            "`.error_kind(…)` has ``",
            KIND,
        ),
        (
            |b| b.error_kind::<std::io::Error>("a b"),
            "`.error_kind(…)` has `a b`",
            KIND,
        ),
        // Reserved for kinds beyond the limit.
        (
            |b| b.error_kind::<std::io::Error>("_other"),
            "`.error_kind(…)` has `_other`",
            KIND,
        ),
    ];
    for (set, problem, remedy) in table {
        let error = set(GdsMetrics::builder()).build().expect_err(problem);
        let text = error.to_string();
        assert!(text.starts_with(problem), "{text}");
        assert!(text.contains(remedy), "{text}");
        assert_eq!(format!("{error:?}"), text, "as `main` prints it");
    }
}

/// The extreme values that are valid.
#[test]
fn limits() {
    let table: [fn(GdsMetricsBuilder) -> GdsMetricsBuilder; 8] = [
        |b| b.max_hosts(1).max_label_sets(1),
        |b| b.max_hosts(65_533).max_label_sets(1_000_000),
        |b| b.buckets([f64::MIN_POSITIVE]),
        |b| b.buckets([1.0, f64::INFINITY]),
        |b| b.exclude("/"),
        |b| b.error_kind::<io::Error>("k".repeat(64)),
        |b| b.error_kind::<io::Error>("aZ0_-."),
        |b| b.hosts(["app.example", "[::1]", "my_service"]),
    ];
    for set in table {
        set(GdsMetrics::builder()).build().expect("a setting");
    }
}

#[actix_web::test]
async fn buckets() {
    for bounds in [&[0.25, 1.0, 1e16][..], &[0.25, 1.0, 1e16, f64::INFINITY]] {
        let builder = GdsMetrics::builder().without_host_label();
        let metrics = builder.buckets(bounds.iter().copied()).build();
        let metrics = metrics.expect("bounds");
        let app = App::new()
            .route("/", web::get().to(|| async { "index" }))
            .wrap(metrics.clone());
        let app = test::init_service(app).await;
        test::call_service(&app, TestRequest::with_uri("/").to_request()).await;
        let count = |le| {
            let labels = [
                ("method", "GET"),
                ("path", "/"),
                ("code", "200"),
                ("le", le),
            ];
            metrics.sample("http_server_request_duration_seconds_bucket", &labels)
        };
        for le in ["1e16", "+Inf"] {
            assert_eq!(count(le), Some(1.0), "{le}");
        }
        assert!(count("0.25").is_some() && count("1.0").is_some());
        assert_eq!(count("0.005"), None);
    }
}
