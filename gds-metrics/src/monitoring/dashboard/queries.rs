//! The queries of the panels, with Grafana's variables.

use super::super::promql::{DURATION, REQUESTS};

/// The selection of most queries. `$host` also matches services without that label.
pub(super) const JOB: &str = r#"job=~"$job", instance=~"$instance""#;
pub(super) const HOST: &str = r#"job=~"$job", instance=~"$instance", host=~"$host""#;
pub(super) const ROUTE: &str =
    r#"job=~"$job", instance=~"$instance", host=~"$host", path=~"$path""#;
pub(super) const RATE: &str = "$__rate_interval";
/// The legend of a panel with one line for each instance.
pub(super) const INSTANCE: &str = "{{instance}}";
/// Excludes scrapes.
const OTHERS: &str = "unless on (path) path:http_server:left_out";

/// A query and the legend of its lines.
pub(super) type Query = (String, String);

pub(super) fn query(expr: impl Into<String>, legend: impl Into<String>) -> Query {
    (expr.into(), legend.into())
}

/// The sum of a metric's rates, grouped by these labels.
pub(super) fn rate(metric: &str, selected: &str, by: &str) -> String {
    rate_before(metric, selected, by, "")
}

pub(super) fn rate_before(metric: &str, selected: &str, by: &str, offset: &str) -> String {
    let (by, others) = (clause(by), others(selected));
    format!("sum{by} (rate({metric}{{{selected}}}[{RATE}]{offset}){others})")
}

pub(super) fn clause(by: &str) -> String {
    match by {
        "" => String::new(),
        by => format!(" by ({by})"),
    }
}

fn others(selected: &str) -> String {
    if selected.contains("path=") {
        format!(" {OTHERS}")
    } else {
        String::new()
    }
}

/// Uses the classic buckets if there are any, otherwise the native histogram.
pub(super) fn quantile(q: &str, metric: &str, selected: &str, by: &str) -> String {
    let by_bucket = match by {
        "" => "le".to_owned(),
        by => format!("{by}, le"),
    };
    let classic = rate(&format!("{metric}_bucket"), selected, &by_bucket);
    let native = rate(metric, selected, by);
    format!("histogram_quantile({q}, {classic}) or histogram_quantile({q}, {native})")
}

pub(super) fn quantiles(metric: &str, selected: &str) -> Vec<Query> {
    [("0.5", "p50"), ("0.95", "p95"), ("0.99", "p99")]
        .map(|(q, legend)| query(quantile(q, metric, selected, ""), legend))
        .into()
}

/// The rate of the sum of a histogram. `VictoriaMetrics` does not support `histogram_sum`.
pub(super) fn rate_of_sum(metric: &str, selected: &str, native: bool) -> String {
    let classic = rate(&format!("{metric}_sum"), selected, "");
    if native {
        let native = rate(metric, selected, "");
        format!("{classic} or histogram_sum({native})")
    } else {
        classic
    }
}

/// The 95th percentile of the time until the response head.
pub(super) fn p95(by: &str) -> String {
    quantile("0.95", DURATION, ROUTE, by)
}

/// The share of requests whose code matches. 0 if there was no such request.
pub(super) fn share(code: &str, by: &str) -> String {
    let all = rate(REQUESTS, ROUTE, by);
    let some = rate(REQUESTS, &format!("{ROUTE}, code=~\"{code}\""), by);
    format!("({some} or 0 * {all}) / {all}")
}

/// The data of a heat map: the native histogram if there is one, otherwise the classic buckets.
pub(super) fn increases(metric: &str, selected: &str) -> String {
    let others = others(selected);
    let native = format!("sum (increase({metric}{{{selected}}}[{RATE}]){others})");
    let classic = format!("sum by (le) (increase({metric}_bucket{{{selected}}}[{RATE}]){others})");
    format!("{native} or ({classic} unless on () {native})")
}
