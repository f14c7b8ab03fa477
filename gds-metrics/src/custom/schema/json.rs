//! The metrics as JSON, for programs that make documentation and dashboards.

use serde_json::{Map, Value, json};

use super::Schema;

/// A JSON array of the metrics of `sets`, in their order.
///
/// Each metric is an object with `name` (the same as [`MetricSchema::name`](super::MetricSchema::name)), `type`, `unit`,
/// `help`, `labels` (an array of names, or `null` if the label type does not know its names), `constant_labels` (an
/// object), `buckets` (the upper bounds of a histogram without `+Inf`), `definition`, `file` and `line`. A value that a
/// metric does not have is `null`.
///
/// ```
/// use gds_metrics::{Gauge, GdsMetricSet, schema};
///
/// #[derive(GdsMetricSet)]
/// struct Sessions {
///     /// Sessions that are open now.
///     sessions_open: Gauge,
/// }
///
/// let text = schema::json(&[Sessions::SCHEMA]);
/// assert!(text.contains(r#""name": "sessions_open""#));
/// assert!(text.contains(r#""help": "Sessions that are open now""#));
/// ```
#[must_use]
pub fn json(sets: &[&Schema]) -> String {
    let metrics = sets.iter().flat_map(|set| set.metrics());
    let metrics: Vec<Value> = metrics
        .map(|metric| {
            let constant_labels: Map<String, Value> = metric
                .constant_labels()
                .iter()
                .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
                .collect();
            json!({
                "name": metric.name(),
                "type": metric.kind().to_string(),
                "unit": metric.unit(),
                "help": metric.help(),
                "labels": metric.labels(),
                "constant_labels": constant_labels,
                "buckets": metric.buckets(),
                "definition": metric.definition(),
                "file": metric.file(),
                "line": metric.line(),
            })
        })
        .collect();
    // `{:#}` is indented.
    format!("{:#}\n", Value::Array(metrics))
}
