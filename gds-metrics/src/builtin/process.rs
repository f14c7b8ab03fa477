//! Prometheus's standard process metrics, read when they are scraped.
//!
//! <https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>

use std::fmt::Write as _;

use metrics_process::collector::{self, Metrics};

use crate::exposition::{Exposition, Header, MetricKind};

const CPU: Header<'_> = Header {
    name: "process_cpu_seconds",
    kind: MetricKind::Counter,
    unit: Some("seconds"),
    help: "Total user and system CPU time spent in seconds",
};
const OPEN_FDS: Header<'_> = Header {
    name: "process_open_fds",
    kind: MetricKind::Gauge,
    unit: None,
    help: "Number of open file descriptors",
};
const MAX_FDS: Header<'_> = Header {
    name: "process_max_fds",
    kind: MetricKind::Gauge,
    unit: None,
    help: "Maximum number of open file descriptors",
};
const RESIDENT_MEMORY: Header<'_> = Header {
    name: "process_resident_memory_bytes",
    kind: MetricKind::Gauge,
    unit: Some("bytes"),
    help: "Resident memory size in bytes",
};
const VIRTUAL_MEMORY: Header<'_> = Header {
    name: "process_virtual_memory_bytes",
    kind: MetricKind::Gauge,
    unit: Some("bytes"),
    help: "Virtual memory size in bytes",
};
const START_TIME: Header<'_> = Header {
    name: "process_start_time_seconds",
    kind: MetricKind::Gauge,
    unit: Some("seconds"),
    help: "Start time of the process since the Unix epoch in seconds",
};
const THREADS: Header<'_> = Header {
    name: "process_threads",
    kind: MetricKind::Gauge,
    unit: None,
    help: "Number of OS threads in the process",
};

/// The families written here, where the operating system tells them.
pub(crate) const FAMILIES: [Header<'_>; 7] = [
    CPU,
    OPEN_FDS,
    MAX_FDS,
    RESIDENT_MEMORY,
    VIRTUAL_MEMORY,
    START_TIME,
    THREADS,
];

/// Reads and writes them.
pub(crate) fn expose(exposition: &mut Exposition<'_>) {
    write(exposition, &collector::collect());
}

/// Leaves out what the operating system does not tell: a 0 would be a lie.
fn write(exposition: &mut Exposition<'_>, metrics: &Metrics) {
    if let Some(seconds) = metrics.cpu_seconds_total {
        exposition.family(&CPU);
        // Writing to a `String` cannot fail.
        let _ = writeln!(exposition.lines(), "{}_total {seconds:?}", CPU.name);
    }
    let max_fds = metrics.max_fds.map(|max| match max {
        // How the collector says that there is no limit.
        0 => f64::INFINITY,
        max => max as f64,
    });
    for (header, value) in [
        (&OPEN_FDS, metrics.open_fds.map(|fds| fds as f64)),
        (&MAX_FDS, max_fds),
        (
            &RESIDENT_MEMORY,
            metrics.resident_memory_bytes.map(|bytes| bytes as f64),
        ),
        (
            &VIRTUAL_MEMORY,
            metrics.virtual_memory_bytes.map(|bytes| bytes as f64),
        ),
        (
            &START_TIME,
            metrics.start_time_seconds.map(|seconds| seconds as f64),
        ),
        (&THREADS, metrics.threads.map(|threads| threads as f64)),
    ] {
        let Some(value) = value else { continue };
        exposition.family(header);
        let lines = exposition.lines();
        let _ = if value.is_finite() {
            writeln!(lines, "{} {value}", header.name)
        } else {
            writeln!(lines, "{} +Inf", header.name)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;

    fn exposed(format: Format, metrics: &Metrics) -> String {
        let mut text = String::new();
        let mut exposition = Exposition::new(format, &mut text);
        write(&mut exposition, metrics);
        exposition.finish();
        text
    }

    #[test]
    fn what_is_not_known_is_not_there() {
        assert_eq!(exposed(Format::Text, &Metrics::default()), "");
    }

    #[test]
    fn names_types_and_values() {
        let metrics = Metrics {
            cpu_seconds_total: Some(1.25),
            open_fds: Some(12),
            max_fds: Some(0),
            virtual_memory_bytes: Some(8_589_934_592),
            virtual_memory_max_bytes: Some(0),
            resident_memory_bytes: Some(4096),
            start_time_seconds: Some(1_700_000_000),
            threads: None,
        };
        assert_eq!(
            exposed(Format::OpenMetrics, &metrics),
            "\
# HELP process_cpu_seconds Total user and system CPU time spent in seconds
# TYPE process_cpu_seconds counter
# UNIT process_cpu_seconds seconds
process_cpu_seconds_total 1.25
# HELP process_open_fds Number of open file descriptors
# TYPE process_open_fds gauge
process_open_fds 12
# HELP process_max_fds Maximum number of open file descriptors
# TYPE process_max_fds gauge
process_max_fds +Inf
# HELP process_resident_memory_bytes Resident memory size in bytes
# TYPE process_resident_memory_bytes gauge
# UNIT process_resident_memory_bytes bytes
process_resident_memory_bytes 4096
# HELP process_virtual_memory_bytes Virtual memory size in bytes
# TYPE process_virtual_memory_bytes gauge
# UNIT process_virtual_memory_bytes bytes
process_virtual_memory_bytes 8589934592
# HELP process_start_time_seconds Start time of the process since the Unix epoch in seconds
# TYPE process_start_time_seconds gauge
# UNIT process_start_time_seconds seconds
process_start_time_seconds 1700000000
# EOF
"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_all_of_them() {
        let text = exposed(Format::Text, &collector::collect());
        for family in &FAMILIES {
            let header = format!("# HELP {}", family.name);
            assert!(text.contains(&header), "{} in {text}", family.name);
        }
    }
}
