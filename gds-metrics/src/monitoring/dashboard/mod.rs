//! The dashboard for Grafana.

mod board;
mod on_call;
mod own;
mod queries;
mod runtime;
mod standard;

use serde_json::{Value, json};

use self::{
    board::{Board, source},
    queries::{HOST, JOB},
};
use super::{
    names,
    promql::{REQUESTS, Selection},
};
use crate::instance::GdsMetrics;

const TITLE: &str = "HTTP server (gds-metrics)";
const UID: &str = "gds-metrics-http-server";
/// The maximum length of a `uid` in Grafana.
const MAX_UID: usize = 40;

/// The dashboard as JSON.
pub(super) fn make(metrics: &GdsMetrics, selection: &Selection, native: bool) -> String {
    let has = Has {
        extended: metrics.store().settings().extended,
        process: metrics.has_group("process_start_time_seconds"),
        build_info: metrics.has_group("app_build"),
        blocking: metrics.store().settings().blocking.is_some(),
        event_loop_delay: metrics.has_group("gds_metrics_event_loop_delay_seconds"),
        native,
    };
    let opentelemetry = metrics.store().settings().opentelemetry.is_some();
    let mut board = Board::default();
    board.opentelemetry = opentelemetry;
    on_call::add(&mut board, selection);
    standard::add(&mut board, has, selection);
    runtime::add(&mut board, has);
    // The labels of a set are the application's, so they are never renamed.
    board.opentelemetry = false;
    own::add(&mut board, &metrics.definitions());
    runtime::add_scrape(&mut board, has);

    let (title, uid) = match &selection.job {
        None => (TITLE.to_owned(), UID.to_owned()),
        Some(job) => (format!("{job}: {TITLE}"), uid(job)),
    };
    let annotations = if has.process {
        json!([starts()])
    } else {
        json!([])
    };
    let dashboard = json!({
        "annotations": {"list": annotations},
        "description": "Made by gds-metrics for Actix Web, `metrics.monitoring().dashboard()`.",
        "editable": true,
        "fiscalYearStartMonth": 0,
        "graphTooltip": 1,
        "panels": board.finish(),
        "refresh": "30s",
        "schemaVersion": 42,
        "tags": ["actix-web", "gds-metrics", "http"],
        "templating": {"list": variables(selection, opentelemetry)},
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "title": title,
        "uid": uid,
    });
    // `{:#}` writes indented JSON.
    format!("{dashboard:#}\n")
}

/// The groups that are switched on, and what the server stores.
#[derive(Clone, Copy)]
// The settings are independent.
#[allow(clippy::struct_excessive_bools)]
struct Has {
    extended: bool,
    process: bool,
    build_info: bool,
    event_loop_delay: bool,
    blocking: bool,
    /// Native histograms without classic buckets.
    native: bool,
}

/// Contains the job, so that one Grafana can have the dashboards of several jobs.
fn uid(job: &str) -> String {
    let job = job
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    "gds-metrics-".chars().chain(job).take(MAX_UID).collect()
}

fn variables(selection: &Selection, opentelemetry: bool) -> Vec<Value> {
    let data_source = json!({
        "label": "Data source",
        "name": "datasource",
        "query": "prometheus",
        "type": "datasource",
    });
    let requests = |matchers: &str| selection.of(REQUESTS, matchers);
    let queried = [
        ("job", "Job", requests("")),
        ("instance", "Instance", requests("job=~\"$job\"")),
        ("host", "Host", requests(JOB)),
        ("path", "Path", requests(HOST)),
    ];
    let queried = queried.map(|(name, label, series)| {
        let mut query = format!("label_values({series}, {name})");
        if opentelemetry {
            query = names::query(&query);
        }
        json!({
            "allValue": ".*",
            "current": {"selected": true, "text": ["All"], "value": ["$__all"]},
            "datasource": source(),
            "includeAll": true,
            "label": label,
            "multi": true,
            "name": name,
            "query": {"query": query, "refId": name},
            // Refresh when the time range changes.
            "refresh": 2,
            // Sort alphabetically.
            "sort": 1,
            "type": "query",
        })
    });
    [data_source].into_iter().chain(queried).collect()
}

/// An annotation at the start of each process.
fn starts() -> Value {
    json!({
        "datasource": source(),
        "enable": true,
        "expr": format!("process_start_time_seconds{{{JOB}}} * 1000"),
        "iconColor": "blue",
        "name": "Starts",
        "step": "60s",
        "textFormat": "{{instance}}",
        "titleFormat": "Started",
        "useValueForTime": true,
    })
}
