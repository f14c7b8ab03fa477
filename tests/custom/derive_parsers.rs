//! Other parsers read the exposition of metric sets.
//!
//! They are outside programs: `cargo test -- --ignored` runs these, with `GDS_METRICS_PYTHON` naming a Python
//! that has `prometheus_client`.

mod derive_support;

use std::{process::Command, sync::atomic::AtomicU64};

use derive_support::{python, run};
use gds_metrics::{
    Counter, EncodeLabelSet, EncodeLabelValue, Family, Format, Gauge, GdsMetricSet, GdsMetrics,
    Histogram, Info, StateSet, Summary,
    prometheus_client::{metrics::exemplar::CounterWithExemplar, registry::Unit},
};

#[derive(GdsMetricSet)]
#[metric(prefix = "app", labels(team = "x"))]
#[allow(dead_code, reason = "registered, not all read")]
struct All {
    /// Login attempts.
    logins: Counter,
    /// Seconds spent waiting, "quoted" and \ with a backslash.
    #[metric(unit = "seconds")]
    busy: Counter<f64, AtomicU64>,
    /// Sessions that are open now.
    sessions_open: Gauge,
    /// Emails sent, by kind.
    #[metric(zero)]
    emails_sent: Family<EmailLabels, Counter>,
    /// Time taken to render a page.
    #[metric(unit = "seconds", buckets = [0.05, 0.5, 5.0])]
    render_duration: Family<EmailLabels, Histogram>,
    /// Size of an upload.
    #[metric(unit = "bytes")]
    upload: Summary,
    /// State of the worker.
    mode: StateSet<Mode>,
    /// What this binary was built from.
    build: Info<Vec<(&'static str, &'static str)>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EmailLabels {
    kind: EmailKind,
    urgent: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum EmailKind {
    Welcome,
    #[metric(rename = "quotes \" backslash \\ newline \n é {} , # {")]
    Odd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Mode {
    Idle,
    Busy,
}

fn exposition(format: Format) -> String {
    let metrics = GdsMetrics::builder().build().unwrap();
    let all: All = metrics.register().unwrap();
    all.logins.inc();
    all.busy.inc_by(0.5);
    all.sessions_open.set(3);
    for kind in [EmailKind::Welcome, EmailKind::Odd] {
        let urgent = kind == EmailKind::Odd;
        let labels = EmailLabels { kind, urgent };
        all.render_duration.get_or_create(&labels).observe(0.1);
    }
    all.upload.observe(1e21);
    all.mode.set(Mode::Busy);
    all.build.set(vec![("version", "1.2.3")]);
    let traced = CounterWithExemplar::<Vec<(&'static str, &'static str)>>::default();
    traced.inc_by(1, Some(vec![("trace_id", "6c1011d3")]), None);
    metrics.register_with(|registry| {
        registry.register("app_traced", "Requests, with a trace each", traced);
        registry.register(
            "foreign_total",
            "A counter\nof theirs",
            Counter::<u64>::default(),
        );
        registry.register_with_unit("wait", "A summary", Unit::Seconds, Summary::default());
    });
    metrics.encode(format).unwrap()
}

#[test]
#[ignore = "needs python3 with prometheus_client"]
fn the_python_clients_parser_reads_the_text() {
    assert_eq!(
        python("prometheus_client.parser", &exposition(Format::Text)),
        [
            "app_build_info gauge - 1 What this binary was built from",
            "app_busy_seconds counter - 1 Seconds spent waiting, \"quoted\" and \\ with a backslash",
            "app_emails_sent counter - 4 Emails sent, by kind",
            "app_logins counter - 1 Login attempts",
            "app_mode gauge - 2 State of the worker",
            "app_render_duration_seconds histogram - 12 Time taken to render a page",
            "app_sessions_open gauge - 1 Sessions that are open now",
            "app_traced counter - 1 Requests, with a trace each",
            "app_upload_bytes summary - 2 Size of an upload",
            "foreign counter - 1 A counter",
            "of theirs",
            "wait_seconds summary - 2 A summary",
        ]
    );
}

#[test]
#[ignore = "needs python3 with prometheus_client"]
fn the_python_clients_parser_reads_the_openmetrics() {
    assert_eq!(
        python(
            "prometheus_client.openmetrics.parser",
            &exposition(Format::OpenMetrics)
        ),
        [
            "app_build info - 1 What this binary was built from",
            "app_busy_seconds counter seconds 1 Seconds spent waiting, \"quoted\" and \\ with a backslash",
            "app_emails_sent counter - 4 Emails sent, by kind",
            "app_logins counter - 1 Login attempts",
            "app_mode stateset - 2 State of the worker",
            "app_render_duration_seconds histogram seconds 12 Time taken to render a page",
            "app_sessions_open gauge - 1 Sessions that are open now",
            "app_traced counter - 1 Requests, with a trace each",
            "app_upload_bytes summary bytes 2 Size of an upload",
            "foreign counter - 1 A counter",
            "of theirs",
            "wait_seconds summary seconds 2 A summary",
        ]
    );
}

#[test]
#[ignore = "needs promtool"]
fn promtool_reports_nothing() {
    let said = run(
        Command::new("promtool").args(["check", "metrics"]),
        &exposition(Format::Text),
    );
    assert_eq!(said, "");
}
