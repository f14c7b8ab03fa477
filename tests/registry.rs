//! Registration: who owns which name.

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
    wait: Histogram
});
set!(WaitAgain { wait: Summary });
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
        message.contains("`Logins::logins (tests/registry.rs:"),
        "{message}"
    );
    assert!(
        message.contains("outside of the `HttpServer::new` closure"),
        "{message}"
    );
    assert_eq!(message, format!("{error:?}"));
}

#[test]
fn two_sets_that_clash_are_both_named() {
    let metrics = metrics();
    metrics.register::<Logins>().unwrap();
    let message = error::<LoginsNow>(&metrics).to_string();
    assert!(
        message.contains("`LoginsNow::logins (tests/registry.rs:"),
        "{message}"
    );
    assert!(
        message.contains("would expose `logins`, which belongs to `Logins::logins (tests/"),
        "{message}"
    );
}

#[test]
fn samples_clash_too() {
    let metrics = metrics();
    metrics.register::<Wait>().unwrap();
    let message = error::<WaitAgain>(&metrics).to_string();
    assert!(
        message.contains("would expose `wait_sum`, which belongs to `Wait::wait"),
        "{message}"
    );
}

#[test]
fn all_or_nothing() {
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
fn what_prometheus_writes_itself_is_taken() {
    set!(Target { up: Gauge });
    let message = error::<Target>(&metrics()).to_string();
    assert!(
        message.contains("`up`, which belongs to Prometheus itself"),
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
fn two_registries_never_meet() {
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
