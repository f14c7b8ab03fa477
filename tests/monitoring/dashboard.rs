//! The panels for each kind of metric, and the rows for the groups that are on.

use std::sync::atomic::AtomicU64;

use gds_metrics::{
    Counter, CounterFn, EncodeLabelSet, EncodeLabelValue, Family, Gauge, GaugeFn, GdsMetricSet,
    GdsMetrics, Histogram, Info, StateSet, Summary,
};
use serde_json::Value;

use super::metrics;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Kind {
    A,
    B,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    kind: Kind,
    size: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Version {
    version: String,
}

/// A label set whose names are not known.
#[derive(Clone, Debug, PartialEq, Eq, Hash, prometheus_client::encoding::EncodeLabelSet)]
struct Foreign {
    key: String,
}

#[derive(Clone, Debug, GdsMetricSet)]
#[metric(prefix = "shop")]
#[allow(dead_code)]
struct Shop {
    /// Orders placed.
    orders: Counter,
    /// Bytes sent, by kind.
    #[metric(unit = "bytes")]
    sent: Family<Labels, Counter>,
    /// Carts that are open.
    carts_open: Gauge,
    /// Share of the shelf that is full.
    #[metric(unit = "ratio")]
    shelf: Family<Labels, Gauge<f64, AtomicU64>>,
    /// Connections of the pool.
    pool: GaugeFn,
    /// Connections the pool has made.
    made: CounterFn,
    /// Hits of the cache.
    hits: Family<Foreign, Counter>,
    /// Size of the cache.
    cache: Family<Foreign, Gauge>,
    /// Time to pay.
    #[metric(unit = "seconds")]
    payment: Histogram,
    /// Time to pack.
    #[metric(unit = "seconds")]
    packing: Family<Labels, Histogram>,
    /// Size of a picture.
    #[metric(unit = "bytes")]
    picture: Summary,
    /// What the shop does.
    mode: StateSet<Kind>,
    /// The catalogue.
    catalogue: Info<Version>,
}

fn dashboard(metrics: &GdsMetrics) -> Value {
    serde_json::from_str(&metrics.monitoring().dashboard().unwrap()).unwrap()
}

fn row<'a>(dashboard: &'a Value, title: &str) -> Option<&'a Vec<Value>> {
    let rows = dashboard["panels"].as_array().unwrap();
    rows.iter().find(|row| row["title"] == title)?["panels"].as_array()
}

/// The title, type, unit, description, and the queries with their legends.
fn summary(panel: &Value) -> (String, String, String, String, Vec<(String, String)>) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let targets = panel["targets"].as_array().unwrap();
    let asked = targets.iter().map(|target| {
        let expr = text(&target["expr"]).replace(r#"{job=~"$job", instance=~"$instance"}"#, "{}");
        (
            expr.replace("$__rate_interval", "R"),
            text(&target["legendFormat"]),
        )
    });
    (
        text(&panel["title"]),
        text(&panel["type"]),
        text(&panel["fieldConfig"]["defaults"]["unit"]),
        text(&panel["description"]),
        asked.collect(),
    )
}

/// Checks the panels of the metric whose name begins `title`.
fn check(title: &str, expected: &[(&str, &str, &str, &str, &str)]) {
    let metrics = metrics();
    metrics.register::<Shop>().unwrap();
    let dashboard = dashboard(&metrics);
    let panels = row(&dashboard, "Shop").expect("a row of the set");
    let found: Vec<_> = panels
        .iter()
        .map(summary)
        .filter(|(found, ..)| found.split(',').next() == Some(title))
        .collect();
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for ((_, kind, unit, help, queries), panel) in found.iter().zip(expected) {
        let (expr, legend) = queries.last().unwrap();
        assert_eq!((&**kind, &**unit, &**help, &**expr, &**legend), *panel);
    }
}

/// A Prometheus that stores the native form only has no `_sum`. VictoriaMetrics has no `histogram_sum`.
#[test]
fn throughput_with_native_histograms() {
    let metrics = GdsMetrics::builder().extended(true).build().unwrap();
    for (native, count) in [(false, 0), (true, 2)] {
        let dashboard = metrics.monitoring().native(native).dashboard().unwrap();
        assert_eq!(dashboard.matches("histogram_sum(").count(), count);
        let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
        let panels = row(&dashboard, "Sizes").expect("a row");
        let panel = panels.iter().find(|panel| panel["title"] == "Throughput");
        for target in panel.unwrap()["targets"].as_array().unwrap() {
            let expr = target["expr"].as_str().unwrap();
            assert!(expr.contains("_size_bytes_sum{"), "{expr}");
            let has_native = expr.contains(" or histogram_sum(sum (rate(http_server_");
            assert_eq!(has_native, native, "{expr}");
        }
    }
}

#[test]
fn counters_are_rates_by_label() {
    check(
        "shop_orders_total",
        &[(
            "timeseries",
            "cps",
            "Orders placed",
            "sum (rate(shop_orders_total{}[R]))",
            "",
        )],
    );
    check(
        "shop_sent_bytes_total",
        &[(
            "timeseries",
            "Bps",
            "Bytes sent, by kind",
            "sum by (kind, size) (rate(shop_sent_bytes_total{}[R]))",
            "{{kind}} {{size}}",
        )],
    );
}

#[test]
fn gauges_are_shown_by_instance() {
    check(
        "shop_carts_open",
        &[(
            "timeseries",
            "short",
            "Carts that are open",
            "sum by (instance) (shop_carts_open{})",
            "{{instance}}",
        )],
    );
    check(
        "shop_shelf_ratio",
        &[(
            "timeseries",
            "percentunit",
            "Share of the shelf that is full",
            "sum by (instance, kind, size) (shop_shelf_ratio{})",
            "{{instance}} {{kind}} {{size}}",
        )],
    );
}

#[test]
fn metrics_with_unknown_labels_are_shown_without_grouping() {
    let expr = "rate(shop_hits_total{}[R])";
    let help = "Hits of the cache";
    check(
        "shop_hits_total",
        &[("timeseries", "cps", help, expr, "__auto")],
    );
    let help = "Size of the cache";
    check(
        "shop_cache",
        &[("timeseries", "short", help, "shop_cache{}", "__auto")],
    );
}

#[test]
fn functions_are_shown_as_gauges_and_counters() {
    check(
        "shop_pool",
        &[(
            "timeseries",
            "short",
            "Connections of the pool",
            "sum by (instance) (shop_pool{})",
            "{{instance}}",
        )],
    );
    let expr = "sum (rate(shop_made_total{}[R]))";
    let help = "Connections the pool has made";
    check("shop_made_total", &[("timeseries", "cps", help, expr, "")]);
}

#[test]
fn histograms_are_quantiles_and_a_heat_map() {
    let quantile = |name: &str, q: &str| {
        format!(
            "histogram_quantile({q}, sum by (le) (rate({name}_bucket{{}}[R]))) or \
             histogram_quantile({q}, sum (rate({name}{{}}[R])))"
        )
    };
    let cells = |name: &str| {
        format!(
            "sum (increase({name}{{}}[R])) or (sum by (le) (increase({name}_bucket{{}}[R])) unless on () \
             sum (increase({name}{{}}[R])))"
        )
    };
    let (name, help) = ("shop_payment_seconds", "Time to pay");
    check(
        name,
        &[
            ("timeseries", "s", help, &quantile(name, "0.99"), "p99"),
            ("heatmap", "short", help, &cells(name), "{{le}}"),
        ],
    );
    let (name, help) = ("shop_packing_seconds", "Time to pack");
    let by_label = format!(
        "histogram_quantile(0.95, sum by (kind, size, le) (rate({name}_bucket{{}}[R]))) or \
         histogram_quantile(0.95, sum by (kind, size) (rate({name}{{}}[R])))"
    );
    check(
        name,
        &[
            ("timeseries", "s", help, &quantile(name, "0.99"), "p99"),
            ("heatmap", "short", help, &cells(name), "{{le}}"),
            ("timeseries", "s", help, &by_label, "{{kind}} {{size}}"),
        ],
    );
}

#[test]
fn summaries_are_means_and_rates() {
    let count = "sum (rate(shop_picture_bytes_count{}[R]))";
    let mean = format!("sum (rate(shop_picture_bytes_sum{{}}[R])) / ({count} > 0)");
    let help = "Size of a picture";
    check(
        "shop_picture_bytes",
        &[
            ("timeseries", "bytes", help, &mean, ""),
            ("timeseries", "cps", help, count, ""),
        ],
    );
}

#[test]
fn state_sets_and_infos_have_panels() {
    check(
        "shop_mode",
        &[(
            "timeseries",
            "short",
            "What the shop does",
            "sum by (shop_mode) (shop_mode{})",
            "{{shop_mode}}",
        )],
    );
    check(
        "shop_catalogue_info",
        &[(
            "stat",
            "short",
            "The catalogue",
            "count by (version) (shop_catalogue_info{})",
            "{{version}}",
        )],
    );
}

#[test]
fn constant_labels_distinguish_the_series_of_a_set() {
    #[derive(Clone, Debug, GdsMetricSet)]
    #[allow(dead_code)]
    struct Pool {
        /// Connections that were made.
        connections: Counter,
    }
    let metrics = metrics();
    for pool in ["read", "write"] {
        metrics.register_labelled::<Pool>([("pool", pool)]).unwrap();
    }
    let dashboard = dashboard(&metrics);
    let [panel] = &row(&dashboard, "Pool").unwrap()[..] else {
        panic!("one panel for the family");
    };
    let (.., queries) = summary(panel);
    let expr = "sum by (pool) (rate(connections_total{}[R]))".to_owned();
    assert_eq!(queries, [(expr, "{{pool}}".to_owned())]);
}

#[test]
fn enabled_groups_have_rows() {
    let standard = dashboard(&metrics());
    let metrics = GdsMetrics::builder().extended(true).process_metrics(true);
    let metrics = metrics.event_loop_delay(true).build_info("shop", "1.0.0");
    let all = dashboard(&metrics.build().unwrap());
    for title in ["Traffic", "Errors", "Latency", "The scrape itself"] {
        assert!(row(&standard, title).is_some(), "{title}");
    }
    for title in ["In flight", "Sizes", "Process", "Event loop"] {
        assert!(row(&standard, title).is_none(), "{title}");
        assert!(row(&all, title).is_some(), "{title}");
    }
    for (asked, needed) in [
        ("app_build_info", "build info"),
        ("process_start_time_seconds", "process metrics"),
        ("http_server_active_requests", "the extended group"),
        ("gds_metrics_last_scrape_bytes", "the extended group"),
    ] {
        assert!(all.to_string().contains(asked), "{asked}");
        assert!(
            !standard.to_string().contains(asked),
            "{asked} needs {needed}"
        );
    }
}

#[test]
fn panels_have_unique_ids_and_do_not_overlap() {
    let metrics = GdsMetrics::builder().extended(true).process_metrics(true);
    let metrics = metrics.build().unwrap();
    metrics.register::<Shop>().unwrap();
    let dashboard = dashboard(&metrics);
    let mut panels = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        panels.push(panel);
        panels.extend(panel["panels"].as_array().into_iter().flatten());
    }
    let number = |panel: &Value, name: &str| panel["gridPos"][name].as_u64().unwrap();
    for (at, panel) in panels.iter().enumerate() {
        assert!(number(panel, "x") + number(panel, "w") <= 24, "{panel}");
        for other in &panels[..at] {
            assert_ne!(panel["id"], other["id"]);
            let apart = |from: &str, size: &str| {
                number(other, from) + number(other, size) <= number(panel, from)
                    || number(panel, from) + number(panel, size) <= number(other, from)
            };
            assert!(apart("x", "w") || apart("y", "h"), "{panel} {other}");
        }
    }
}

#[test]
fn each_job_has_its_own_dashboard() {
    let of_job = |job: &str| -> Value {
        let made = metrics().monitoring().job(job).dashboard().unwrap();
        serde_json::from_str(&made).unwrap()
    };
    let shop = of_job("the shop");
    assert_eq!(shop["uid"], "gds-metrics-the-shop");
    assert_eq!(shop["title"], "the shop: HTTP server (gds-metrics)");
    let job = &shop["templating"]["list"][1]["query"]["query"];
    assert_eq!(
        job,
        r#"label_values(http_server_requests_total{job="the shop"}, job)"#
    );
    // Other jobs have budgets of the same name.
    let budgets = shop.to_string();
    let budgets: Vec<_> = budgets.split("error_budget:ratio").skip(1).collect();
    assert_eq!(budgets.len(), 4);
    for selected in budgets {
        assert!(selected.starts_with(r#"{job=\"the shop\""#), "{selected}");
    }
    let long = of_job(&"ü".repeat(100));
    assert_eq!(long["uid"].as_str().unwrap().len(), 40);
}
