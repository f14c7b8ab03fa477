//! Prometheus's standard process metrics, read at each scrape.
//!
//! <https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>

use metrics_process::collector::{self, Metrics};

use crate::exposition::{Header, MetricKind, Number, Writer};

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

/// The families written here. Those that the operating system does not report are left out.
pub(crate) const FAMILIES: [Header<'_>; 7] = [
    CPU,
    OPEN_FDS,
    MAX_FDS,
    RESIDENT_MEMORY,
    VIRTUAL_MEMORY,
    START_TIME,
    THREADS,
];

/// Reads the process metrics and writes them.
pub(crate) fn write(writer: &mut dyn Writer) {
    write_metrics(writer, &collector::collect());
}

/// Metrics that the operating system does not report are left out, because a 0 would be wrong.
fn write_metrics(writer: &mut dyn Writer, metrics: &Metrics) {
    let max_fds = metrics.max_fds.map(|max| match max {
        // The collector reports 0 if there is no limit.
        0 => Number::Float(f64::INFINITY),
        max => Number::Unsigned(max),
    });
    for (header, value) in [
        (&CPU, metrics.cpu_seconds_total.map(Number::Float)),
        (&OPEN_FDS, metrics.open_fds.map(Number::Unsigned)),
        (&MAX_FDS, max_fds),
        (
            &RESIDENT_MEMORY,
            metrics.resident_memory_bytes.map(Number::Unsigned),
        ),
        (
            &VIRTUAL_MEMORY,
            metrics.virtual_memory_bytes.map(Number::Unsigned),
        ),
        (
            &START_TIME,
            metrics.start_time_seconds.map(Number::Unsigned),
        ),
        (&THREADS, metrics.threads.map(Number::Unsigned)),
    ] {
        if let Some(value) = value {
            writer.family(header);
            writer.sample("", value, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::{Format, open};

    fn exposed(format: Format, metrics: &Metrics) -> String {
        let mut text = Vec::new();
        let mut writer = open(format, &mut text);
        write_metrics(&mut *writer, metrics);
        writer.finish();
        drop(writer);
        String::from_utf8(text).expect("a text format")
    }

    #[test]
    fn unknown_values_are_left_out() {
        assert_eq!(exposed(Format::Text, &Metrics::default()), "");
    }

    #[test]
    fn families_have_their_names_types_and_values() {
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
    fn linux_reports_all_families() {
        let text = exposed(Format::Text, &collector::collect());
        for family in &FAMILIES {
            let header = format!("# HELP {}", family.name);
            assert!(text.contains(&header), "{} in {text}", family.name);
        }
    }
}
