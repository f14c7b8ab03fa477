//! The exposition of metric sets, line by line.

mod derive_support;

use derive_support::python;
use gds_metrics::{
    Counter, EncodeLabelSet, EncodeLabelValue, Family, Format, Gauge, GdsMetricSet, GdsMetrics,
    Histogram, StateSet, Summary,
};

/// The example of the documentation.
#[derive(Clone, Debug, GdsMetricSet)]
#[metric(prefix = "app")]
pub struct AppMetrics {
    /// Login attempts.
    pub logins: Counter,
    /// Sessions that are open now.
    pub sessions_open: Gauge,
    /// Emails sent, by kind.
    pub emails_sent: Family<EmailLabels, Counter>,
    /// Time taken to render a page.
    #[metric(unit = "seconds", buckets = [0.05, 0.5, 5.0])]
    pub render_duration: Histogram,
    /// Size of an upload.
    #[metric(unit = "bytes")]
    pub upload: Summary,
    /// State of the worker.
    pub mode: StateSet<Mode>,
    #[metric(prefix = "db")]
    pub db: DbMetrics,
    #[metric(skip)]
    pub note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct EmailLabels {
    pub kind: EmailKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum EmailKind {
    Welcome,
    PasswordReset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Mode {
    Idle,
    Busy,
}

#[derive(Clone, Debug, GdsMetricSet)]
pub struct DbMetrics {
    /// Queries run.
    pub queries: Counter,
}

fn filled() -> GdsMetrics {
    let metrics = GdsMetrics::builder().build().unwrap();
    let app: AppMetrics = metrics.register().unwrap();
    app.logins.inc_by(3);
    app.sessions_open.set(-2);
    for kind in [EmailKind::Welcome, EmailKind::PasswordReset] {
        app.emails_sent.get_or_create(&EmailLabels { kind }).inc();
    }
    app.render_duration.observe(0.25);
    app.render_duration.observe(7.0);
    app.upload.observe(1024.0);
    app.mode.set(Mode::Busy);
    app.db.queries.inc();
    assert_eq!(app.note, None);
    metrics
}

/// The lines of the set in the exposition, sorted.
fn lines(metrics: &GdsMetrics, format: Format) -> Vec<String> {
    let text = metrics.encode(format).unwrap();
    let mut lines: Vec<String> = text
        .lines()
        .filter(|line| line.contains("app_") && !line.starts_with("gds_metrics_"))
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

const SAMPLES: &[&str] = &[
    "app_db_queries_total 1",
    "app_emails_sent_total{kind=\"password_reset\"} 1",
    "app_emails_sent_total{kind=\"welcome\"} 1",
    "app_logins_total 3",
    "app_mode{app_mode=\"busy\"} 1",
    "app_mode{app_mode=\"idle\"} 0",
    "app_render_duration_seconds_bucket{le=\"+Inf\"} 2",
    "app_render_duration_seconds_bucket{le=\"0.05\"} 0",
    "app_render_duration_seconds_bucket{le=\"0.5\"} 1",
    "app_render_duration_seconds_bucket{le=\"5.0\"} 1",
    "app_render_duration_seconds_count 2",
    "app_render_duration_seconds_sum 7.25",
    "app_sessions_open -2",
    "app_upload_bytes_count 1",
    "app_upload_bytes_sum 1024.0",
];

#[test]
fn the_full_example_in_text() {
    let mut expected = vec![
        "# HELP app_db_queries_total Queries run",
        "# HELP app_emails_sent_total Emails sent, by kind",
        "# HELP app_logins_total Login attempts",
        "# HELP app_mode State of the worker",
        "# HELP app_render_duration_seconds Time taken to render a page",
        "# HELP app_sessions_open Sessions that are open now",
        "# HELP app_upload_bytes Size of an upload",
        "# TYPE app_db_queries_total counter",
        "# TYPE app_emails_sent_total counter",
        "# TYPE app_logins_total counter",
        "# TYPE app_mode gauge",
        "# TYPE app_render_duration_seconds histogram",
        "# TYPE app_sessions_open gauge",
        "# TYPE app_upload_bytes summary",
    ];
    expected.extend(SAMPLES);
    assert_eq!(lines(&filled(), Format::Text), expected);
}

#[test]
fn the_full_example_in_openmetrics() {
    let mut expected = vec![
        "# HELP app_db_queries Queries run",
        "# HELP app_emails_sent Emails sent, by kind",
        "# HELP app_logins Login attempts",
        "# HELP app_mode State of the worker",
        "# HELP app_render_duration_seconds Time taken to render a page",
        "# HELP app_sessions_open Sessions that are open now",
        "# HELP app_upload_bytes Size of an upload",
        "# TYPE app_db_queries counter",
        "# TYPE app_emails_sent counter",
        "# TYPE app_logins counter",
        "# TYPE app_mode stateset",
        "# TYPE app_render_duration_seconds histogram",
        "# TYPE app_sessions_open gauge",
        "# TYPE app_upload_bytes summary",
        "# UNIT app_render_duration_seconds seconds",
        "# UNIT app_upload_bytes bytes",
    ];
    expected.extend(SAMPLES);
    let metrics = filled();
    assert_eq!(lines(&metrics, Format::OpenMetrics), expected);
    assert!(
        metrics
            .encode(Format::OpenMetrics)
            .unwrap()
            .ends_with("# EOF\n")
    );
}

#[test]
#[ignore = "needs python3 with prometheus_client"]
fn the_full_example_is_read_back() {
    let metrics = filled();
    assert_eq!(
        python(
            "prometheus_client.parser",
            &metrics.encode(Format::Text).unwrap()
        ),
        [
            "app_db_queries counter - 1 Queries run",
            "app_emails_sent counter - 2 Emails sent, by kind",
            "app_logins counter - 1 Login attempts",
            "app_mode gauge - 2 State of the worker",
            "app_render_duration_seconds histogram - 6 Time taken to render a page",
            "app_sessions_open gauge - 1 Sessions that are open now",
            "app_upload_bytes summary - 2 Size of an upload",
        ]
    );
    let openmetrics = metrics.encode(Format::OpenMetrics).unwrap();
    assert_eq!(
        python("prometheus_client.openmetrics.parser", &openmetrics),
        [
            "app_db_queries counter - 1 Queries run",
            "app_emails_sent counter - 2 Emails sent, by kind",
            "app_logins counter - 1 Login attempts",
            "app_mode stateset - 2 State of the worker",
            "app_render_duration_seconds histogram seconds 6 Time taken to render a page",
            "app_sessions_open gauge - 1 Sessions that are open now",
            "app_upload_bytes summary bytes 2 Size of an upload",
        ]
    );
}

/// Whoever moves over keeps these names, although Prometheus uses their last words for other kinds.
#[derive(GdsMetricSet)]
#[metric(prefix = "old")]
#[allow(dead_code, reason = "registered, never used")]
struct Renamed {
    /// A gauge.
    #[metric(rename = "connections_count")]
    count: Gauge,
    /// A gauge.
    #[metric(rename = "memory_total")]
    total: Level,
    /// A gauge.
    #[metric(rename = "host_info")]
    info: Gauge,
    /// A counter.
    #[metric(rename = "prices_sum")]
    sum: Counter,
    /// A gauge, in milliseconds.
    #[metric(rename = "jobsDone_ms")]
    done: Gauge,
}

type Level = Gauge;

#[test]
fn a_name_given_by_rename_stays() {
    let metrics = GdsMetrics::builder().build().unwrap();
    metrics.register::<Renamed>().unwrap();
    for format in [Format::Text, Format::OpenMetrics] {
        let text = metrics.encode(format).unwrap();
        let mut lines: Vec<&str> = text.lines().filter(|l| l.starts_with("old_")).collect();
        lines.sort_unstable();
        assert_eq!(
            lines,
            [
                "old_connections_count 0",
                "old_host_info 0",
                "old_jobsDone_ms 0",
                "old_memory_total 0",
                "old_prices_sum_total 0",
            ]
        );
    }
}
