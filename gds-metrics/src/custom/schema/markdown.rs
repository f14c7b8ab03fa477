//! A table of metrics for a project's documentation.

use std::fmt::Write as _;

use super::{MetricSchema, Schema};

/// A Markdown table of the metrics of `sets`, in their order.
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
/// assert_eq!(
///     schema::markdown(&[Sessions::SCHEMA]),
///     "| metric | type | unit | labels | help |\n\
///      | --- | --- | --- | --- | --- |\n\
///      | `sessions_open` | gauge | | | Sessions that are open now |\n",
/// );
/// ```
#[must_use]
pub fn markdown(sets: &[&Schema]) -> String {
    let mut table =
        String::from("| metric | type | unit | labels | help |\n| --- | --- | --- | --- | --- |\n");
    for metric in sets.iter().flat_map(|set| set.metrics()) {
        let _ = write!(table, "| `{}` | {} |", metric.name(), metric.kind());
        cell(&mut table, metric.unit().unwrap_or_default());
        cell(&mut table, &labels(&metric));
        cell(&mut table, metric.help());
        table.push('\n');
    }
    table
}

fn labels(metric: &MetricSchema) -> String {
    let constant = metric
        .constant_labels()
        .iter()
        .map(|(name, value)| format!("`{name}=\"{value}\"`"));
    match metric.labels() {
        Some(names) => constant
            .chain(names.iter().map(|name| format!("`{name}`")))
            .collect::<Vec<_>>()
            .join(", "),
        None => constant
            .chain(["…".to_owned()])
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// Appends ` text |`, with special characters escaped.
fn cell(table: &mut String, text: &str) {
    if !text.is_empty() {
        table.push(' ');
    }
    for c in text.chars() {
        match c {
            '|' => table.push_str("\\|"),
            '\n' => table.push_str("<br>"),
            c => table.push(c),
        }
    }
    table.push_str(" |");
}
