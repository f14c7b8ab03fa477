//! Objectives, the job, and the settings that change the rules.

use std::time::Duration;

use gds_metrics::{GdsMetrics, LabelNames, Monitoring, MonitoringError};

use super::{metrics, monitoring};

fn message(monitoring: &Monitoring) -> String {
    let error = monitoring.rules().unwrap_err();
    let of_dashboard = monitoring.dashboard().unwrap_err();
    assert_eq!(of_dashboard.to_string(), error.to_string());
    assert_eq!(format!("{error:?}"), error.to_string());
    error.to_string()
}

#[test]
fn the_service_has_a_default_objective() {
    let rules = monitoring().rules().unwrap();
    assert!(rules.contains("expr: vector(0.001)\n"), "{rules}");
    let rules = monitoring().availability(0.95).rules().unwrap();
    assert!(rules.contains("expr: vector(0.05)\n"), "{rules}");
    assert!(!rules.contains("vector(0.001)"));
}

#[test]
fn a_share_is_between_0_and_1() {
    for share in [0.0, 1.0, 1.5, -0.5, f64::NAN, f64::INFINITY, 1.0 - 1e-12] {
        for (setter, monitoring) in [
            ("`.availability(…)`", monitoring().availability(share)),
            (
                "`.route_availability(…)`",
                monitoring().route_availability("/orders", share),
            ),
            (
                "`.latency(…)`",
                monitoring().latency("/orders", 0.25, share),
            ),
        ] {
            let message = message(&monitoring);
            let expected = format!("{setter} has the share {share}: it should be more than 0");
            assert!(message.starts_with(&expected), "{message}");
        }
    }
}

#[test]
fn a_latency_must_be_a_bound_of_the_buckets() {
    for seconds in [0.3, 0.0, -1.0, f64::NAN, f64::INFINITY] {
        let message = message(&monitoring().latency("/orders", seconds, 0.99));
        let expected = format!("`.latency(…)` of `/orders` has {seconds} s, which is not a bound");
        assert!(message.starts_with(&expected), "{message}");
        assert!(message.contains("0.1, 0.25, 0.5"), "{message}");
    }
    let metrics = GdsMetrics::builder().buckets([0.3, 1.0]).build().unwrap();
    let of_orders = |seconds| {
        metrics
            .monitoring()
            .latency("/orders", seconds, 0.99)
            .rules()
    };
    assert!(
        of_orders(0.3)
            .unwrap()
            .contains(r#"path="/orders", code!="499", le="0.3""#)
    );
    assert!(
        of_orders(1.0)
            .unwrap()
            .contains(r#"code!="499", le=~"1(\\.0)?""#)
    );
    assert!(matches!(
        of_orders(0.25),
        Err(MonitoringError::Bound { seconds: 0.25, .. })
    ));
}

#[test]
fn a_route_must_be_a_pattern_and_has_each_objective_once() {
    let message_of = |monitoring| message(&monitoring);
    let message = message_of(monitoring().route_availability("orders", 0.9));
    assert!(message.contains("has the route `orders`"), "{message}");
    let twice = monitoring()
        .latency("/orders", 0.1, 0.9)
        .route_availability("/orders", 0.9)
        .latency("/items", 0.25, 0.9);
    twice.rules().unwrap();
    let message = message_of(twice.latency("/orders", 0.25, 0.99));
    assert!(
        message.contains("is called twice for `/orders`"),
        "{message}"
    );
}

#[test]
fn a_route_is_quoted() {
    let rules = monitoring().route_availability(r"/items/{id:\d+}", 0.9);
    let rules = rules.rules().unwrap();
    assert!(rules.contains(r#"{path="/items/{id:\\d+}"}"#), "{rules}");
    assert!(rules.contains(r"path: /items/{id:\d+}"), "{rules}");
}

#[test]
fn every_query_selects_the_job() {
    let metrics = GdsMetrics::builder().extended(true).process_metrics(true);
    let metrics = metrics.detect_blocking(Duration::from_millis(100));
    let metrics = metrics.build().unwrap();
    let rules = metrics
        .monitoring()
        .route_availability("/orders", 0.99)
        .latency("/orders", 0.25, 0.99);
    let with_job = rules.clone().job("shop").rules().unwrap();
    let without = rules.rules().unwrap();
    // Without a job, the rules differ only in the `job` label of recordings that no series labels: the
    // excluded path and three budgets.
    assert!(!without.contains("shop"));
    assert_eq!(with_job.matches("      job: shop\n").count(), 4);
    let same = with_job
        .replace("      job: shop\n", "")
        .replace(r#"{job="shop"}"#, "")
        .replace(r#"job="shop", "#, "");
    assert_eq!(same, without);

    // Each metric name is followed by the matcher of the job.
    let metric = |word: &str| {
        word.contains(':') && !word.ends_with(':')
            || word.starts_with("http_server_")
            || word == "up"
    };
    let mut names = 0;
    let with_job = with_job.replace("[30d:1h]", "");
    for line in with_job.lines().filter(|line| {
        !["record:", "summary:", "description:"]
            .iter()
            .any(|key| line.contains(key))
    }) {
        let mut rest = line;
        while let Some(at) = rest.find(|c: char| c.is_ascii_lowercase()) {
            let word = &rest[at..];
            let is_end = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':');
            let end = word.find(is_end).unwrap_or(word.len());
            rest = &word[end..];
            if metric(&word[..end]) {
                names += 1;
                assert!(rest.starts_with(r#"{job="shop""#), "{line}");
            }
        }
    }
    assert!(names > 100, "{names}");
    assert_eq!(
        message(&monitoring().job("")),
        MonitoringError::Job.to_string()
    );
}

#[test]
fn native_histograms_have_no_latency_objective() {
    let native = monitoring().native(true);
    assert!(native.rules().unwrap().contains("histogram_sum("));
    assert!(!monitoring().rules().unwrap().contains("histogram_sum("));
    let message = message(&native.latency("/orders", 0.25, 0.99));
    assert!(message.contains("needs classic buckets"), "{message}");
}

#[test]
fn rules_depend_on_the_settings() {
    let standard = metrics().monitoring().rules().unwrap();
    let builder = GdsMetrics::builder()
        .path("/internal/metrics")
        .buckets([0.5, 1.0]);
    let metrics = builder
        .extended(true)
        .process_metrics(true)
        .detect_blocking(Duration::from_millis(100))
        .build()
        .unwrap();
    let all = metrics.monitoring().rules().unwrap();
    for (only_in_all, text) in [
        (false, "alert: HttpServerErrorBudgetBurn"),
        (true, "alert: HttpServerResponsesBroken"),
        (true, "alert: HttpServerScrapesRefused"),
        (true, "alert: ProcessRestarts"),
        (true, "alert: HttpServerWorkerBlocked"),
        (true, "path: /internal/metrics\n"),
        (true, "dropped after more than 1 s"),
    ] {
        assert!(all.contains(text), "{text}");
        assert_eq!(standard.contains(text), !only_in_all, "{text}");
    }
    assert!(standard.contains("dropped after more than 2.5 s"));
}

/// Each query uses the label names of one scheme. Nothing else differs.
#[test]
fn rules_use_the_label_names_of_the_metrics() {
    let make = |names| {
        let metrics = GdsMetrics::builder().label_names(names).extended(true);
        let monitoring = metrics.build().unwrap().monitoring();
        let monitoring = monitoring.latency("/path/code", 0.25, 0.99);
        (monitoring.rules().unwrap(), monitoring.dashboard().unwrap())
    };
    let (gds_rules, gds_dashboard) = make(LabelNames::Gds);
    let (rules, dashboard) = make(LabelNames::OpenTelemetry);
    for text in [&gds_rules, &gds_dashboard] {
        for name in ["http_route", "http_response_status_code", "error_type"] {
            assert!(!text.contains(name), "{name}");
        }
    }
    for text in [&rules, &dashboard] {
        for own in [
            "(path", "path,", ", code", "code=~", "code!=", " path: /", "{{path", "by (code",
        ] {
            let found = text.lines().find(|line| {
                let line = line.replace("$path", "");
                line.contains(own) && !line.contains("status_code") && !line.contains("description")
            });
            assert_eq!(found, None, "{own}");
        }
    }
    for line in [
        "http_route: /path/code",
        "error_type=\"cancelled\"",
        "error_type!=\"cancelled\"",
        "http_response_status_code=~\"5..\"",
        "{{ with $labels.http_route }}",
        "on (slo, http_route)",
        "job_path_code:http_server_requests:increase1m",
    ] {
        assert!(rules.contains(line), "{line}");
    }
    assert_eq!(rules.lines().count(), gds_rules.lines().count());
    assert_eq!(dashboard.lines().count(), gds_dashboard.lines().count());
    assert!(dashboard.contains("{{http_response_status_code}}"));
    assert!(dashboard.contains(r#"server_address=~\"$host\""#));
}
