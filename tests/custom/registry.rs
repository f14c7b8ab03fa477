//! Registration and the names of metrics.

use gds_metrics::{
    Counter, Format, Gauge, GdsMetricSet, GdsMetrics, Histogram, RegisterError, Summary,
};

macro_rules! set {
    ($name:ident { $($field:ident: $kind:ty),+ }) => {
        #[derive(Debug, GdsMetricSet)]
        #[allow(dead_code)]
        struct $name {
            $( #[metric(help = "Something.")] $field: $kind, )+
        }
    };
}

set!(Logins { logins: Counter });
set!(LoginsNow { logins: Gauge });
set!(Wait {
    other: Counter,
    wait_seconds: Histogram
});
set!(WaitAgain {
    wait_seconds: Summary
});
set!(Reserved {
    http_server_requests: Counter
});

fn metrics() -> GdsMetrics {
    GdsMetrics::builder().build().unwrap()
}

fn error<T: GdsMetricSet + std::fmt::Debug>(metrics: &GdsMetrics) -> RegisterError {
    metrics.register::<T>().unwrap_err()
}

#[test]
fn the_same_set_twice() {
    let metrics = metrics();
    metrics.register::<Logins>().unwrap();
    let error = error::<Logins>(&metrics);
    assert!(matches!(error, RegisterError::Twice { set: "Logins", .. }));
    let message = error.to_string();
    assert!(
        message.contains("`Logins::logins (tests/custom/registry.rs:"),
        "{message}"
    );
    assert!(
        message.contains("outside the `HttpServer::new` closure"),
        "{message}"
    );
    assert_eq!(message, format!("{error:?}"));
}

#[test]
fn the_same_set_with_other_label_names() {
    let plain = metrics();
    plain.register::<Logins>().unwrap();
    let error = plain
        .register_labelled::<Logins>([("realm", "staff")])
        .unwrap_err();
    assert!(matches!(error, RegisterError::OtherLabels { .. }));
    let message = error.to_string();
    assert!(
        message.contains("is registered already without labels, and now with the labels `realm`: "),
        "{message}"
    );
    assert!(
        message.contains("register each with `register_labelled`, "),
        "{message}"
    );

    let metrics = metrics();
    let labelled = |labels: &[(&str, &str)]| {
        let labels = labels.iter().copied();
        metrics.register_labelled::<Logins>(labels)
    };
    labelled(&[("realm", "staff"), ("zone", "a")]).unwrap();
    let message = labelled(&[("zone", "b")]).unwrap_err().to_string();
    assert!(
        message.contains("already with the labels `realm`, `zone`, and now with the labels `zone`"),
        "{message}"
    );
    let message = metrics.register::<Logins>().unwrap_err().to_string();
    assert!(message.contains(" and now without labels"), "{message}");

    // The order of labels does not matter.
    labelled(&[("zone", "b"), ("realm", "staff")]).unwrap();
    let error = labelled(&[("zone", "a"), ("realm", "staff")]).unwrap_err();
    assert!(matches!(error, RegisterError::Twice { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("other values with `register_labelled`"),
        "{error}"
    );
}

#[test]
fn a_name_clash_names_both_sets() {
    let metrics = metrics();
    metrics.register::<Logins>().unwrap();
    let message = error::<LoginsNow>(&metrics).to_string();
    assert!(
        message.contains("`LoginsNow::logins (tests/custom/registry.rs:"),
        "{message}"
    );
    assert!(
        message.contains("would own the name `logins`, which belongs to `Logins::logins (tests/"),
        "{message}"
    );
}

#[test]
fn names_of_samples_clash_too() {
    let metrics = metrics();
    metrics.register::<Wait>().unwrap();
    let message = error::<WaitAgain>(&metrics).to_string();
    assert!(
        message.contains(
            "would own the name `wait_seconds_sum`, which belongs to `Wait::wait_seconds"
        ),
        "{message}"
    );
}

#[test]
fn a_set_is_registered_completely_or_not_at_all() {
    let metrics = metrics();
    metrics.register::<WaitAgain>().unwrap();
    error::<Wait>(&metrics);
    assert!(
        !metrics
            .encode(Format::Text)
            .unwrap()
            .contains("other_total")
    );
    set!(Other { other: Counter });
    metrics.register::<Other>().unwrap();
}

#[test]
fn names_that_prometheus_writes_are_taken() {
    set!(Target { up: Gauge });
    let message = error::<Target>(&metrics()).to_string();
    assert!(
        message.contains("`up`, which belongs to Prometheus itself"),
        "{message}"
    );
    assert!(
        message.contains(": rename this field, or give its set a"),
        "{message}"
    );
    // Their samples have other names.
    set!(Others {
        up: Counter,
        scrape_duration_seconds: Histogram
    });
    metrics().register::<Others>().unwrap();
}

#[test]
fn the_crates_own_names_are_taken() {
    let message = error::<Reserved>(&metrics()).to_string();
    assert!(
        message.contains("which belongs to gds-metrics itself"),
        "{message}"
    );
}

#[test]
fn registries_are_independent() {
    let (a, b) = (metrics(), metrics());
    let logins: Logins = a.register().unwrap();
    b.register::<LoginsNow>().unwrap();
    logins.logins.inc();
    assert_eq!(a.sample("logins_total", &[]), Some(1.0));
    assert_eq!(b.sample("logins", &[]), Some(0.0));
}

#[test]
fn registering_from_many_threads() {
    let metrics = metrics();
    let registered = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| metrics.register::<Logins>().is_ok()))
            .collect();
        threads
            .into_iter()
            .filter(|_| true)
            .map(|t| t.join().unwrap())
            .filter(|ok| *ok)
            .count()
    });
    assert_eq!(registered, 1);
}

/// A pool's metrics, once for each pool.
#[derive(Clone, Debug, GdsMetricSet)]
#[metric(prefix = "pool")]
#[allow(dead_code, reason = "registered, not all read")]
struct Pool {
    /// Connections that are open.
    connections: Gauge,
    /// Time until a connection is available.
    #[metric(unit = "seconds", buckets = [0.1])]
    wait: Histogram,
}

#[derive(Clone, Debug, GdsMetricSet)]
struct Pools {
    #[metric(flatten, labels(pool = "write"))]
    write: Pool,
    #[metric(flatten, labels(pool = "read"))]
    read: Pool,
}

fn lines_of(metrics: &GdsMetrics, name: &str) -> Vec<String> {
    let text = metrics.encode(Format::Text).unwrap();
    let lines = text.lines().filter(|line| line.contains(name));
    lines.map(str::to_owned).collect()
}

#[test]
fn a_set_under_different_constant_labels_is_one_family() {
    let metrics = GdsMetrics::builder().build().unwrap();
    let pools: Pools = metrics.register().unwrap();
    pools.read.connections.set(1);
    pools.write.connections.set(2);
    let other: Pool = metrics.register_labelled([("pool", "other")]).unwrap();
    other.connections.set(3);
    assert_eq!(
        lines_of(&metrics, "pool_connections"),
        [
            "# HELP pool_connections Connections that are open",
            "# TYPE pool_connections gauge",
            "pool_connections{pool=\"other\"} 3",
            "pool_connections{pool=\"read\"} 1",
            "pool_connections{pool=\"write\"} 2",
        ]
    );
    assert_eq!(lines_of(&metrics, "# TYPE pool_wait_seconds").len(), 1);
}

#[test]
fn a_set_registered_twice_needs_other_values_of_the_same_labels() {
    let metrics = GdsMetrics::builder().build().unwrap();
    let _: Pool = metrics.register_labelled([("pool", "read")]).unwrap();
    for labels in [&[("pool", "read")][..], &[("kind", "read")], &[]] {
        let error = metrics
            .register_labelled::<Pool>(labels.iter().copied())
            .unwrap_err();
        assert!(error.to_string().contains("registered already"), "{error}");
    }
    // A rejected set exposes nothing.
    assert_eq!(lines_of(&metrics, "\npool_wait_seconds_count").len(), 0);
}

#[test]
fn run_time_labels_are_checked() {
    let metrics = GdsMetrics::builder().build().unwrap();
    for (labels, problem) in [
        (&[("a b", "x")][..], "ASCII letters"),
        (&[("__a", "x")], "ASCII letters"),
        (&[("job", "x")], "Prometheus has its own label"),
        (&[("le", "x")], "metrics of this kind"),
        (&[("a", "x"), ("a", "y")], "already"),
        (&[("a", "")], "treats a label without text as missing"),
    ] {
        let error = metrics
            .register_labelled::<Pool>(labels.iter().copied())
            .unwrap_err();
        assert!(error.to_string().contains(problem), "{labels:?}: {error}");
    }
    let error = metrics
        .register_labelled::<Pools>([("pool", "x")])
        .unwrap_err();
    assert!(error.to_string().contains("already"), "{error}");
}

#[test]
fn a_set_behind_a_pointer_is_a_set() {
    let metrics = GdsMetrics::builder().build().unwrap();
    let pool: std::sync::Arc<Pool> = metrics.register().unwrap();
    pool.connections.set(4);
    assert_eq!(metrics.sample("pool_connections", &[]), Some(4.0));
}
