//! A row for each registered set. Its panels are generated from the definitions of the metrics.

use super::{
    board::{Board, Panel, Style},
    queries::{JOB, RATE, clause, quantile, quantiles, query, rate},
};
use crate::{custom::Definition, exposition::MetricKind};

/// The width of a panel in columns.
const WIDTH: u32 = 8;

pub(super) fn add(board: &mut Board, definitions: &[Definition]) {
    let mut set = None;
    for definition in definitions {
        if set != Some(definition.set) {
            set = Some(definition.set);
            board.row(definition.set);
        }
        add_metric(board, definition);
    }
}

fn add_metric(board: &mut Board, definition: &Definition) {
    let name = &*definition.name;
    let unit = unit(definition.unit);
    let panel = |title, unit| Panel::new(title, definition.help, unit, WIDTH);
    let labels = definition.labels.as_deref();
    let by = labels.map(|labels| labels.join(", "));
    let legend = legend(labels);
    match definition.kind {
        MetricKind::Counter => {
            let rates = match &by {
                Some(by) => rate(name, JOB, by),
                // The labels are not known, so the rate has all of them.
                None => format!("rate({name}{{{JOB}}}[{RATE}])"),
            };
            let style = match labels {
                Some([]) => Style::Plain,
                _ => Style::Stacked,
            };
            board.lines(
                &panel(name, per_second(unit)),
                style,
                &[query(rates, legend)],
            );
        }
        MetricKind::Histogram => {
            board.lines(&panel(name, unit), Style::Signed, &quantiles(name, JOB));
            let title = format!("{name}, how many");
            board.heat_map(&panel(&title, unit), name, JOB);
            if let Some(by) = by.filter(|by| !by.is_empty()) {
                let title = format!("{name}, p95 by {by}");
                let query = query(quantile("0.95", name, JOB, &by), legend);
                board.lines(&panel(&title, unit), Style::Signed, &[query]);
            }
        }
        MetricKind::Summary => {
            let by = by.unwrap_or_default();
            let sum = rate(&format!("{name}_sum"), JOB, &by);
            let count = rate(&format!("{name}_count"), JOB, &by);
            // Without observations there is no mean: 0 / 0 is not a number.
            let mean = query(format!("{sum} / ({count} > 0)"), &*legend);
            let title = format!("{name}, mean");
            board.lines(&panel(&title, unit), Style::Signed, &[mean]);
            let title = format!("{name}, how many");
            board.lines(&panel(&title, "cps"), Style::Plain, &[query(count, legend)]);
        }
        MetricKind::StateSet => {
            let instances = format!("sum{} ({name}{{{JOB}}})", clause(&by.unwrap_or_default()));
            let panel = panel(name, "short");
            board.lines(&panel, Style::Stacked, &[query(instances, legend)]);
        }
        MetricKind::Info => {
            let told = match by {
                Some(by) => format!("count{} ({name}{{{JOB}}})", clause(&by)),
                None => format!("{name}{{{JOB}}}"),
            };
            board.names(&panel(name, "short"), 8, query(told, legend));
        }
        MetricKind::Gauge | MetricKind::Unknown => {
            // It is not known whether the values may be added up, so each instance has a line.
            let (value, legend) = match by {
                Some(by) if by.is_empty() => (by_instance(name, ""), "{{instance}}".to_owned()),
                Some(by) => (
                    by_instance(name, &format!(", {by}")),
                    format!("{{{{instance}}}} {legend}"),
                ),
                None => (format!("{name}{{{JOB}}}"), legend),
            };
            board.lines(&panel(name, unit), Style::Signed, &[query(value, legend)]);
        }
    }
}

fn by_instance(name: &str, labels: &str) -> String {
    format!("sum by (instance{labels}) ({name}{{{JOB}}})")
}

/// A legend with the labels' values. If the labels are not known, Grafana's default legend.
fn legend(labels: Option<&[String]>) -> String {
    let Some(labels) = labels else {
        return "__auto".to_owned();
    };
    let labels = labels.iter().map(|label| format!("{{{{{label}}}}}"));
    labels.collect::<Vec<_>>().join(" ")
}

/// Grafana's name for a unit.
fn unit(unit: Option<&str>) -> &'static str {
    match unit {
        Some("seconds") => "s",
        Some("bytes") => "bytes",
        Some("ratio") => "percentunit",
        Some("celsius") => "celsius",
        Some("volts") => "volt",
        Some("amperes") => "amp",
        Some("joules") => "joule",
        Some("meters") => "lengthm",
        Some("grams") => "massg",
        _ => "short",
    }
}

/// Grafana's name for the unit of a rate.
fn per_second(unit: &str) -> &'static str {
    match unit {
        "bytes" => "Bps",
        // Seconds per second, for example a whole core.
        "s" => "percentunit",
        "joule" => "watt",
        _ => "cps",
    }
}
