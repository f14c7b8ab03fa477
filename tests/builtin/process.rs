//! Process metrics and build info, switched on by an application.

use gds_metrics::{Counter, EncodeLabelSet, Format, Gauge, GdsMetricSet, GdsMetrics, Info};

#[derive(Clone, Debug, GdsMetricSet)]
#[metric(prefix = "process")]
struct OwnProcess {
    /// Open file descriptors, counted by the application.
    #[allow(dead_code, reason = "registered, never used")]
    open_fds: Gauge,
}

#[derive(Clone, Debug, GdsMetricSet)]
#[metric(prefix = "process")]
struct OwnCpu {
    /// CPU time, counted by the application.
    #[metric(unit = "seconds")]
    #[allow(dead_code, reason = "registered, never used")]
    cpu: Counter,
}

#[derive(Clone, Debug, GdsMetricSet)]
#[metric(prefix = "app")]
struct OwnBuild {
    /// What was built.
    #[allow(dead_code, reason = "registered, never used")]
    build: Info<Build>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    commit: &'static str,
}

#[test]
fn process_metrics_are_off_by_default() {
    let metrics = GdsMetrics::builder().build().unwrap();
    let text = metrics.encode(Format::Text).unwrap();
    assert!(!text.contains("process_"), "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn process_metrics_are_read_at_each_scrape() {
    let metrics = GdsMetrics::builder().process_metrics(true).build().unwrap();
    let sample = |name| metrics.sample(name, &[]).unwrap();

    let before = sample("process_open_fds");
    let file = std::fs::File::open("Cargo.toml").unwrap();
    assert!(sample("process_open_fds") > before);
    drop(file);

    assert!(sample("process_max_fds") >= sample("process_open_fds"));
    assert!(sample("process_virtual_memory_bytes") > sample("process_resident_memory_bytes"));
    assert!(sample("process_threads") >= 1.0);
    assert!(sample("process_cpu_seconds_total") >= 0.0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let age = now.unwrap().as_secs_f64() - sample("process_start_time_seconds");
    assert!((-2.0..3_600.0).contains(&age), "{age}");
}

#[test]
fn only_enabled_groups_reserve_their_names() {
    let off = GdsMetrics::builder().build().unwrap();
    off.register::<OwnProcess>().unwrap();
    off.register::<OwnCpu>().unwrap();
    off.register::<OwnBuild>().unwrap();

    let on = GdsMetrics::builder()
        .process_metrics(true)
        .build_info("shop", "1.2.3")
        .build()
        .unwrap();
    for (error, name) in [
        (on.register::<OwnProcess>().unwrap_err(), "process_open_fds"),
        (on.register::<OwnCpu>().unwrap_err(), "process_cpu_seconds"),
        (on.register::<OwnBuild>().unwrap_err(), "app_build_info"),
    ] {
        let error = error.to_string();
        assert!(
            error.contains(name) && error.contains("gds-metrics itself"),
            "{error}"
        );
    }
}
