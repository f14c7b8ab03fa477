//! Closed families.

use gds_metrics::{
    ClosedFamily, ClosedLabelSet, ClosedLabelValue, Counter, EncodeLabelSet, EncodeLabelValue,
    Family, Format, Gauge, GdsMetricSet, GdsMetrics, Histogram, Summary,
    prometheus_client::encoding::LabelValueEncoder,
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Job {
    queue: Queue,
    retried: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Queue {
    Mail,
    Invoices,
    Reports,
}

type PerJob<M> = ClosedFamily<Job, M>;

#[derive(Clone, Debug, GdsMetricSet)]
#[metric(labels(team = "x"))]
struct Jobs {
    /// Jobs done.
    jobs: ClosedFamily<Job, Counter>,
    /// Jobs that run.
    #[metric(labels(zone = "a"))]
    running: PerJob<Gauge>,
    /// Time taken.
    #[metric(unit = "seconds", buckets = [1.0, 2.0])]
    duration: PerJob<Histogram>,
    /// Time waited.
    #[metric(unit = "seconds")]
    wait: PerJob<Summary>,
}

fn registered() -> (GdsMetrics, Jobs) {
    let metrics = GdsMetrics::builder().build().unwrap();
    let set = metrics.register().unwrap();
    (metrics, set)
}

fn lines(metrics: &GdsMetrics, sample: &str) -> Vec<String> {
    let text = metrics.encode(Format::Text).unwrap();
    let start = format!("{sample}{{");
    let lines = text.lines().filter_map(|line| line.strip_prefix(&start));
    lines.map(str::to_owned).collect()
}

#[test]
fn all_series_start_at_0_and_are_sorted() {
    let (metrics, set) = registered();
    let zero = [
        r#"team="x",queue="invoices",retried="false"} 0"#,
        r#"team="x",queue="invoices",retried="true"} 0"#,
        r#"team="x",queue="mail",retried="false"} 0"#,
        r#"team="x",queue="mail",retried="true"} 0"#,
        r#"team="x",queue="reports",retried="false"} 0"#,
        r#"team="x",queue="reports",retried="true"} 0"#,
    ];
    assert_eq!(lines(&metrics, "jobs_total"), zero);
    assert_eq!(lines(&metrics, "duration_seconds_count"), zero);
    assert_eq!(lines(&metrics, "duration_seconds_bucket").len(), 18);
    assert_eq!(lines(&metrics, "wait_seconds_count"), zero);
    assert_eq!(
        lines(&metrics, "running")[0],
        r#"team="x",zone="a",queue="invoices",retried="false"} 0"#
    );

    // Each label set selects its own series.
    for (i, job) in (1..).zip(Job::all()) {
        set.jobs.get(&job).inc_by(i);
        set.clone().duration.get(&job).observe(i as f64);
    }
    let value = |queue, retried| {
        let labels = [("team", "x"), ("queue", queue), ("retried", retried)];
        let jobs = metrics.sample("jobs_total", &labels);
        assert_eq!(jobs, metrics.sample("duration_seconds_sum", &labels));
        jobs.unwrap()
    };
    assert_eq!(value("mail", "false"), 1.0);
    assert_eq!(value("mail", "true"), 2.0);
    assert_eq!(value("invoices", "false"), 3.0);
    assert_eq!(value("reports", "true"), 6.0);
    // A closed family never folds series.
    assert_eq!(lines(&metrics, "gds_metrics_folded_series_total"), [""; 0]);
}

#[test]
fn timers_and_guards() {
    let (_, set) = registered();
    let job = Job {
        queue: Queue::Reports,
        retried: true,
    };
    let running = set.running.in_progress(&job);
    assert_eq!(set.running.get(&job).get(), 1);
    drop(running);
    assert_eq!(set.running.get(&job).get(), 0);
    drop(set.wait.start_timer(&job));
    assert_eq!(set.wait.get(&job).count(), 1);
}

#[test]
fn the_schema_lists_its_labels() {
    for metric in Jobs::SCHEMA.metrics() {
        assert_eq!(
            metric.labels(),
            Some(vec!["queue", "retried"]),
            "{metric:?}"
        );
    }
}

#[test]
fn label_sets_with_the_same_text_are_one_series() {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
    enum Reason {
        Timeout,
        Inner(Inner),
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
    enum Inner {
        Timeout,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    struct Failure {
        reason: Reason,
    }

    #[derive(GdsMetricSet)]
    struct Set {
        /// Failures.
        failures: ClosedFamily<Failure, Counter>,
    }

    let metrics = GdsMetrics::builder().build().unwrap();
    let set: Set = metrics.register().unwrap();
    for reason in [Reason::Timeout, Reason::Inner(Inner::Timeout)] {
        set.failures.get(&Failure { reason }).inc();
    }
    assert_eq!(
        lines(&metrics, "failures_total"),
        [r#"reason="timeout"} 2"#]
    );
}

/// Hand-written implementations may return wrong values.
#[test]
fn an_index_out_of_range_returns_a_metric_that_is_not_exposed() {
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Odd(u8);

    impl EncodeLabelValue for Odd {
        fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
            EncodeLabelValue::encode(&self.0, encoder)
        }
    }

    impl ClosedLabelValue for Odd {
        const COUNT: usize = 2;

        fn all() -> Vec<Self> {
            vec![Self(0), Self(1), Self(2)]
        }

        fn index(&self) -> usize {
            usize::from(self.0)
        }
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    struct Labels {
        odd: Odd,
    }

    #[derive(GdsMetricSet)]
    struct Set {
        /// Things.
        things: ClosedFamily<Labels, Counter>,
    }

    let metrics = GdsMetrics::builder().build().unwrap();
    let set: Set = metrics.register().unwrap();
    set.things.get(&Labels { odd: Odd(1) }).inc();
    set.things.get(&Labels { odd: Odd(9) }).inc();
    assert_eq!(
        lines(&metrics, "things_total"),
        [r#"odd="0"} 0"#, r#"odd="1"} 1"#]
    );
}

/// Only a closed family, and `zero`, list all combinations.
#[test]
fn a_label_set_of_an_open_family_may_have_many_combinations() {
    #[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
    #[allow(clippy::struct_excessive_bools)]
    struct Flags {
        a: bool,
        b: bool,
        c: bool,
        d: bool,
        e: bool,
        f: bool,
        g: bool,
        h: bool,
        i: bool,
        j: bool,
        k: bool,
        l: bool,
        m: bool,
        n: bool,
    }

    let flags: Family<Flags, Counter> = Family::default();
    flags.get_or_create(&Flags::default()).inc();
    assert_eq!(flags.len(), 1);
}
