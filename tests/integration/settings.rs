//! The setters of the builder: what they refuse, with the text of the error, and what buckets become.

use std::io;

use actix_web::{
    App,
    test::{self, TestRequest},
    web,
};
use gds_metrics::{GdsMetrics, GdsMetricsBuilder};

type Row = (
    fn(GdsMetricsBuilder) -> GdsMetricsBuilder,
    &'static str,
    &'static str,
);

#[test]
fn refusals() {
    const PATH: &str = "it should be a plain path such as `/metrics`, beginning with `/` and without \
                        `{`, `}`, `?`, `#` or white space";
    const TOKEN: &str = "it should hold a token of visible ASCII characters without white space";
    const BOUNDS: &str = "it should give upper bounds in seconds, at least one, positive, finite and \
                          each larger than the one before (`+Inf` is added)";
    const HOST: &str = "each should be a host's name such as `app.example`, without a scheme, a port \
                        or a path";
    const RANGE: &str =
        "each should be an address such as `192.0.2.1` or a range such as `10.0.0.0/8`";
    const KIND: &str = "it should be a name of 1 to 64 ASCII letters, digits, `_`, `-` or `.`";
    const PATTERN: &str = "it should be a pattern as it was registered, such as `/health` or \
                           `/users/{id}`, with the scopes it lies in";
    let table: &[Row] = &[
        (|b| b.path("metrics"), "`.path(…)` is `metrics`", PATH),
        (|b| b.path("/{x}"), "`.path(…)` is `/{x}`", PATH),
        (|b| b.bearer_token(""), "`.bearer_token(…)` is empty", TOKEN),
        (
            |b| b.bearer_tokens(["fine", "not fine"]),
            "`.bearer_token(…)` has white space or something that is not visible ASCII",
            TOKEN,
        ),
        // None would let everybody in.
        (
            |b| b.bearer_tokens([""; 0]),
            "`.bearer_token(…)` is empty",
            TOKEN,
        ),
        (|b| b.buckets([]), "`.buckets(…)` has none", BOUNDS),
        (
            |b| b.buckets([f64::INFINITY]),
            "`.buckets(…)` has none",
            BOUNDS,
        ),
        (|b| b.buckets([0.0, 1.0]), "`.buckets(…)` has 0.0", BOUNDS),
        (|b| b.buckets([-1.0, 1.0]), "`.buckets(…)` has -1.0", BOUNDS),
        (
            |b| b.buckets([1.0, f64::NAN]),
            "`.buckets(…)` has NaN",
            BOUNDS,
        ),
        (
            |b| b.buckets([f64::INFINITY, 1.0]),
            "`.buckets(…)` has inf",
            BOUNDS,
        ),
        (
            |b| b.buckets([1.0, 0.5]),
            "`.buckets(…)` has 0.5 after 1.0",
            BOUNDS,
        ),
        (
            |b| b.buckets([1.0, 1.0]),
            "`.buckets(…)` has 1.0 after 1.0",
            BOUNDS,
        ),
        (
            |b| b.hosts(["a.example", "b:80"]),
            "`.hosts(…)` has `b:80`",
            HOST,
        ),
        (|b| b.hosts([""]), "`.hosts(…)` has ``", HOST),
        (
            |b| b.allow_ips(["10.0.0.0/8", "x"]),
            "`.allow_ips(…)` has `x`",
            RANGE,
        ),
        (
            |b| b.trusted_proxies(["::/129"]),
            "`.trusted_proxies(…)` has `::/129`",
            RANGE,
        ),
        (
            |b| b.max_hosts(0),
            "`.max_hosts(…)` is 0",
            "it should be from 1 to 65533",
        ),
        (
            |b| b.max_hosts(65_534),
            "`.max_hosts(…)` is 65534",
            "it should be from 1 to 65533",
        ),
        (
            |b| b.max_label_sets(0),
            "`.max_label_sets(…)` is 0",
            "it should be from 1 to 1000000",
        ),
        (
            |b| b.max_label_sets(1_000_001),
            "`.max_label_sets(…)` is 1000001",
            "it should be from 1 to 1000000",
        ),
        (
            |b| b.exclude("health"),
            "`.exclude(…)` has `health`",
            PATTERN,
        ),
        (
            |b| b.error_kind::<io::Error>(""),
            "`.error_kind(…)` has ``",
            KIND,
        ),
        (
            |b| b.error_kind::<io::Error>("a b"),
            "`.error_kind(…)` has `a b`",
            KIND,
        ),
        (
            |b| b.error_kind::<io::Error>("é"),
            "`.error_kind(…)` has `é`",
            KIND,
        ),
    ];
    for (set, problem, remedy) in table {
        let error = set(GdsMetrics::builder()).build().expect_err(problem);
        assert_eq!(error.to_string(), format!("{problem}: {remedy}"));
        assert_eq!(format!("{error:?}"), error.to_string());
    }
    let longer = "k".repeat(65);
    let error = GdsMetrics::builder()
        .error_kind::<io::Error>(&*longer)
        .build();
    let error = error.expect_err("too long").to_string();
    assert_eq!(error, format!("`.error_kind(…)` has `{longer}`: {KIND}"));
}

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
