//! Which forms of a histogram, exemplars and start timestamps real servers store, depending on
//! their options.
//!
//! All servers, in the versions on `PATH`, scrape the same two applications at the same time.

use crate::{
    application::{ORDERS, PACKED, REQUESTS, Traces, load, serve},
    programs::version,
    store::{Store, encoded},
    wait_for,
};

/// What a server stores for the application that offers native buckets. For the other application,
/// each server stores the classic form.
struct Row {
    name: &'static str,
    start: fn(jobs: &str) -> Store,
    /// For both scrape configurations.
    options: &'static str,
    classic: bool,
    native: bool,
    exemplars: bool,
    /// A sample of 0 at the time when a series started.
    zeros: bool,
    /// Series of the `_created` lines of OpenMetrics.
    created: bool,
}

const ROW: Row = Row {
    name: "no flags",
    start: |jobs| Store::prometheus(jobs, &[]),
    options: "honor_labels: false",
    classic: true,
    native: false,
    exemplars: false,
    zeros: false,
    created: true,
};

const EXEMPLARS: Row = Row {
    name: "exemplar-storage",
    start: |jobs| Store::prometheus(jobs, &["--enable-feature=exemplar-storage"]),
    exemplars: true,
    ..ROW
};

const NATIVE: Row = Row {
    name: "native-histograms",
    start: |jobs| {
        let flag = "--enable-feature=native-histograms,exemplar-storage";
        Store::prometheus(jobs, &[flag])
    },
    classic: false,
    native: true,
    exemplars: true,
    created: false,
    ..ROW
};

const PROMETHEUS_2: &[Row] = &[ROW, EXEMPLARS, NATIVE];

const PROMETHEUS_3: &[Row] = &[
    ROW,
    EXEMPLARS,
    NATIVE,
    Row {
        name: "native-histograms and always_scrape_classic_histograms",
        options: "always_scrape_classic_histograms: true",
        classic: true,
        ..NATIVE
    },
    // This server requests protobuf and drops the native form: if a message has both forms, it
    // keeps neither.
    Row {
        name: "created-timestamp-zero-ingestion",
        start: |jobs| {
            let flag = "--enable-feature=created-timestamp-zero-ingestion,exemplar-storage";
            Store::prometheus(jobs, &[flag])
        },
        native: false,
        zeros: true,
        ..NATIVE
    },
    Row {
        name: "VictoriaMetrics",
        start: Store::victoria,
        created: false,
        ..ROW
    },
    Row {
        name: "vmagent and VictoriaMetrics",
        start: Store::vmagent,
        created: false,
        ..ROW
    },
];

fn rows_on_path() -> &'static [Row] {
    let version = version("prometheus");
    match version.split("version ").nth(1) {
        Some(version) if version.starts_with("2.") => PROMETHEUS_2,
        Some(version) if version.starts_with("3.") => PROMETHEUS_3,
        _ => panic!("{version}"),
    }
}

#[test]
#[ignore = "needs prometheus; with prometheus 3, victoria-metrics and vmagent too"]
fn servers_store_what_was_sent() {
    let (native, classic) = (serve(true), serve(false));
    let started: Vec<(&Row, Store)> = rows_on_path()
        .iter()
        .map(|row| {
            let jobs = [("native", native), ("classic", classic)].map(|(job, target)| {
                let options = row.options;
                format!(
                    "- job_name: {job}\n  {options}\n  static_configs: [{{targets: ['{target}']}}]\n"
                )
            });
            (row, (row.start)(&jobs.concat()))
        })
        .collect();
    for (row, store) in &started {
        for job in ["native", "classic"] {
            let up = format!(r#"up{{job="{job}"}}"#);
            wait_for(row.name, || match store.number(&up) {
                Ok(1.0) => Ok(()),
                other => Err(format!("{other:?}")),
            });
        }
    }
    let traces = load([native, classic]);

    let mut quantiles = Vec::new();
    for (row, store) in &started {
        for (job, has_classic, has_native) in [
            ("native", row.classic, row.native),
            ("classic", true, false),
        ] {
            let check = Check { row, store, job };
            check.counts();
            check.forms(has_classic, has_native);
            check.starts(has_classic);
            check.exemplars(&traces, has_classic, has_native);
            if has_native {
                check.native_rate();
            }
            for (form, is_there) in [(Form::Classic, has_classic), (Form::Native, has_native)] {
                if is_there {
                    quantiles.extend(check.quantiles(form));
                }
            }
        }
    }
    // The quantiles of one application are the same for all servers and forms.
    for (name, job, quantile, value) in &quantiles {
        for (other_name, _, _, other) in quantiles
            .iter()
            .filter(|(_, of, which, _)| of == job && which == quantile)
        {
            assert!(
                value / other < 1.05,
                "{job}: {quantile} is {value} for {name} and {other} for {other_name}"
            );
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Classic,
    Native,
}

impl Form {
    fn count(self, name: &str, labels: &str) -> String {
        match self {
            Self::Classic => format!("{name}_count{{{labels}}}"),
            Self::Native => format!("histogram_count({name}{{{labels}}})"),
        }
    }

    /// Series of this form. VictoriaMetrics has no functions for native histograms.
    fn any(self, name: &str, labels: &str) -> String {
        match self {
            Self::Classic => format!("count({name}_count{{{labels}}})"),
            Self::Native => format!("count({name}{{{labels}}})"),
        }
    }

    fn quantile(self, quantile: &str, name: &str, labels: &str) -> String {
        match self {
            Self::Classic => {
                format!("histogram_quantile({quantile}, sum by (le) ({name}_bucket{{{labels}}}))")
            }
            Self::Native => format!("histogram_quantile({quantile}, sum({name}{{{labels}}}))"),
        }
    }
}

const DURATION: &str = "http_server_request_duration_seconds";
const PACKING: &str = "shop_packing_seconds";

/// One application in one server.
struct Check<'a> {
    row: &'a Row,
    store: &'a Store,
    job: &'static str,
}

impl Check<'_> {
    #[track_caller]
    fn expect(&self, query: &str, expected: Option<f64>) {
        let found = self.store.number(query).ok();
        assert_eq!(found, expected, "{}: {query}", self.row.name);
    }

    fn counts(&self) {
        let job = self.job;
        // The counter exists whatever form of the histogram is stored.
        let sum = format!(r#"sum(http_server_requests_total{{job="{job}",path="/"}})"#);
        wait_for(self.row.name, || match self.store.number(&sum) {
            Ok(sum) if sum == f64::from(REQUESTS) => Ok(()),
            other => Err(format!("{other:?}")),
        });
        let orders = format!(r#"shop_orders_total{{job="{job}"}}"#);
        self.expect(&orders, Some(ORDERS.into()));
        let info = format!(r#"app_build_info{{job="{job}",version="1.2.3"}}"#);
        self.expect(&info, Some(1.0));
        // No scrape failed, even under load.
        let up = format!(r#"min_over_time(up{{job="{job}"}}[1m])"#);
        self.expect(&up, Some(1.0));
    }

    fn forms(&self, classic: bool, native: bool) {
        let job = self.job;
        for (form, is_there) in [(Form::Classic, classic), (Form::Native, native)] {
            for (name, labels, count) in [
                (DURATION, r#",path="/""#, REQUESTS),
                (
                    "http_server_response_body_size_bytes",
                    r#",path="/""#,
                    REQUESTS,
                ),
                (PACKING, "", PACKED),
            ] {
                let labels = format!(r#"job="{job}"{labels}"#);
                if is_there {
                    self.expect(&form.count(name, &labels), Some(count.into()));
                } else {
                    self.expect(&form.any(name, &labels), None);
                }
            }
        }
        // The number of series of a label set, standard and extended, as the guide counts them.
        let series = match (classic, native) {
            (true, true) => 65.0,
            (true, false) => 61.0,
            (false, true) => 5.0,
            (false, false) => 1.0,
        };
        let names = r#"__name__=~"http_server_.+",__name__!~".+_created""#;
        let query = format!(r#"count({{{names},job="{job}",path="/",code="200"}})"#);
        self.expect(&query, Some(series));
        let buckets = format!(r#"count({PACKING}_bucket{{job="{job}"}})"#);
        self.expect(&buckets, classic.then_some(15.0));
    }

    fn starts(&self, classic: bool) {
        let job = self.job;
        let first = |whole: u32| Some(if self.row.zeros { 0.0 } else { whole.into() });
        let orders = format!(r#"min_over_time(shop_orders_total{{job="{job}"}}[5m])"#);
        self.expect(&orders, first(ORDERS));
        let packed = format!(r#"min_over_time({PACKING}_count{{job="{job}"}}[5m])"#);
        self.expect(&packed, first(PACKED).filter(|_| classic));
        let created = format!(r#"count(shop_orders_created{{job="{job}"}})"#);
        self.expect(&created, self.row.created.then_some(1.0));
    }

    /// The stored exemplars are those that were sent, in each stored form. If a native histogram
    /// has no classic form, Prometheus 3.5 keeps the exemplars of one series of the family:
    /// `PACKING` has only one.
    fn exemplars(&self, sent: &Traces, classic: bool, native: bool) {
        let names = match (classic, native) {
            (true, _) => [
                DURATION,
                "http_server_request_body_size_bytes",
                "http_server_response_body_size_bytes",
                "http_server_response_duration_seconds",
                PACKING,
            ]
            .map(|name| format!("{name}_bucket"))
            .into(),
            (false, true) => vec![PACKING.to_owned()],
            (false, false) => return,
        };
        for name in names {
            let query = encoded(&format!(r#"{name}{{job="{}"}}"#, self.job));
            let path = format!("query_exemplars?query={query}&start=0&end=9999999999");
            let found = self.store.api(&path);
            let series = found.as_array().cloned().unwrap_or_default();
            let exemplars = series
                .iter()
                .filter_map(|series| series["exemplars"].as_array());
            let mut count = 0;
            for exemplar in exemplars.flatten() {
                let id = |label| exemplar["labels"][label].as_str().unwrap_or_default();
                let ids = (id("trace_id").to_owned(), id("span_id").to_owned());
                assert!(sent.contains(&ids), "{}: {exemplar}", self.row.name);
                count += 1;
            }
            assert_eq!(count > 0, self.row.exemplars, "{}: {found}", self.row.name);
        }
    }

    /// A native histogram has the same rate as the counter of the same requests.
    fn native_rate(&self) {
        let labels = format!(r#"job="{}",path="/""#, self.job);
        let ratio = format!(
            "histogram_count(rate({DURATION}{{{labels}}}[5m])) / rate(http_server_requests_total{{{labels}}}[5m])"
        );
        let ratio = self.store.number(&ratio).expect("a ratio");
        assert!(ratio > 0.9 && ratio < 1.1, "{}: {ratio}", self.row.name);
    }

    fn quantiles(&self, form: Form) -> Vec<(String, &'static str, &'static str, f64)> {
        let job = self.job;
        let number = |query: &str| self.store.number(query).expect("a quantile");
        let mut found = Vec::new();
        for quantile in ["0.5", "0.9", "0.99"] {
            let packing = number(&form.quantile(quantile, PACKING, &format!(r#"job="{job}""#)));
            let exact = 10.0 * quantile.parse::<f64>().expect("a number");
            assert!(
                (packing / exact - 1.0).abs() < 0.05,
                "{}, {form:?}: {quantile} is {packing}",
                self.row.name
            );
            let labels = format!(r#"job="{job}",path="/""#);
            let value = number(&form.quantile(quantile, DURATION, &labels));
            let name = format!("{} ({form:?})", self.row.name);
            found.push((name, job, quantile, value));
        }
        found
    }
}
