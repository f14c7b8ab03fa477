//! Rules for Prometheus.

mod alerts;
mod recording;

use yaml_serde::{Mapping, Value};

use super::{names, objectives::Objective, promql::Selection};
use crate::instance::GdsMetrics;

/// The page with a section for each alert.
const RUNBOOKS: &str =
    "https://docs.rs/gds-metrics/latest/gds_metrics/guides/troubleshooting/index.html#";
const HEAD: &str = "\
# Made by gds-metrics, `metrics.monitoring().rules()`: make it anew rather than change it. Everything is
# counted minute by minute (`…:increase1m`), which belongs to the interval of one minute and `offset 1m`.
";

/// The YAML of all rules.
pub(super) fn make(
    metrics: &GdsMetrics,
    selection: &Selection,
    objectives: &[Objective],
    native: bool,
) -> String {
    let context = Context {
        selection,
        path: metrics.path(),
        waited: waited(&metrics.store().settings().buckets),
        extended: metrics.store().settings().extended,
        process: metrics.has_group("process_open_fds"),
        blocking: metrics.store().settings().blocking.is_some(),
    };
    let mut groups = recording::groups(&context, objectives, native);
    groups.extend(alerts::groups(&context));
    if metrics.store().settings().opentelemetry.is_some() {
        let rules = groups.iter_mut().flat_map(|group| &mut group.rules);
        rules.for_each(rename);
    }
    let groups = groups.into_iter().map(Group::into_value).collect();
    let file = mapping([("groups", Value::Sequence(groups))]);
    let yaml = yaml_serde::to_string(&file).expect("strings, lists and maps with strings for keys");
    format!("{HEAD}{yaml}")
}

/// What the rules are generated from, in addition to the objectives.
struct Context<'a> {
    selection: &'a Selection,
    /// The path of the endpoint.
    path: &'a str,
    /// A client that cancels a request after this time has waited for it, in seconds.
    waited: f64,
    extended: bool,
    process: bool,
    /// Whether blocking polls are counted.
    blocking: bool,
}

impl Context<'_> {
    fn of(&self, metric: &str, matchers: &str) -> String {
        self.selection.of(metric, matchers)
    }
}

/// Clients that cancel a search while the user types wait for less than 2.5 s.
fn waited(bounds: &[f64]) -> f64 {
    const ENOUGH: f64 = 2.5;
    let bound = bounds.iter().find(|&&bound| bound >= ENOUGH);
    bound.or(bounds.last()).copied().unwrap_or(ENOUGH)
}

/// Rules that are evaluated in order.
struct Group {
    name: &'static str,
    interval: &'static str,
    rules: Vec<Mapping>,
}

impl Group {
    fn new(name: &'static str, interval: &'static str) -> Self {
        Self {
            name,
            interval,
            rules: Vec::new(),
        }
    }

    fn record(&mut self, name: &str, expr: impl Into<String>) {
        self.record_labelled(name, expr, &[]);
    }

    fn record_labelled(&mut self, name: &str, expr: impl Into<String>, labels: &[(&str, &str)]) {
        let mut rule = mapping([("record", name.into()), ("expr", trimmed(&expr.into()))]);
        if !labels.is_empty() {
            let labels = labels.iter().map(|(name, value)| (*name, (*value).into()));
            rule.insert("labels".into(), mapping(labels).into());
        }
        self.rules.push(rule);
    }

    fn alert(&mut self, alert: &Alert<'_>) {
        let mut rule = mapping([("alert", alert.name.into()), ("expr", trimmed(&alert.expr))]);
        if let Some(time) = alert.after {
            rule.insert("for".into(), time.into());
        }
        let labels = [("severity", alert.severity)].into_iter();
        let labels = labels.chain(alert.labels.iter().copied());
        let labels = labels.map(|(name, value)| (name, value.into()));
        rule.insert("labels".into(), mapping(labels).into());
        let annotations = mapping([
            ("summary", alert.summary.into()),
            ("description", alert.description.into()),
            ("runbook_url", runbook(alert.name).into()),
        ]);
        rule.insert("annotations".into(), annotations.into());
        self.rules.push(rule);
    }

    fn into_value(self) -> Value {
        let rules = self.rules.into_iter().map(Value::from).collect();
        mapping([
            ("name", self.name.into()),
            ("interval", self.interval.into()),
            ("rules", Value::Sequence(rules)),
        ])
        .into()
    }
}

struct Alert<'a> {
    name: &'a str,
    expr: String,
    /// How long the condition must hold.
    after: Option<&'a str>,
    severity: &'a str,
    labels: &'a [(&'a str, &'a str)],
    summary: &'a str,
    description: &'a str,
}

/// Renames the labels in a rule to OpenTelemetry's names.
fn rename(rule: &mut Mapping) {
    if let Some(Value::String(expr)) = rule.get_mut("expr") {
        *expr = names::query(expr);
    }
    if let Some(Value::Mapping(labels)) = rule.get_mut("labels") {
        let renamed = std::mem::take(labels).into_iter().map(|(name, value)| {
            let name = name.as_str().map(|name| names::label(name).into());
            (name.unwrap_or_default(), value)
        });
        *labels = renamed.collect();
    }
    if let Some(Value::Mapping(annotations)) = rule.get_mut("annotations") {
        for (_, text) in annotations.iter_mut() {
            if let Value::String(text) = text {
                *text = names::template(text);
            }
        }
    }
}

fn runbook(alert: &str) -> String {
    format!("{RUNBOOKS}{}", alert.to_lowercase())
}

/// Without line breaks at both ends, so that YAML writes a block of lines.
fn trimmed(expr: &str) -> Value {
    expr.trim_matches('\n').into()
}

fn mapping<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Mapping {
    let entries = entries.into_iter();
    entries.map(|(name, value)| (name.into(), value)).collect()
}
