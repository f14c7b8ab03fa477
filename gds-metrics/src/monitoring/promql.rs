//! Parts of `PromQL` queries.

/// The labels that identify a service. Targets may lack the first two.
pub(super) const SERVICE: &str = "cluster, namespace, job";
/// The labels that identify an instance.
pub(super) const INSTANCE: &str = "cluster, namespace, job, instance";
pub(super) const REQUESTS: &str = "http_server_requests_total";
/// The allowed share of bad requests of an objective.
pub(super) const BUDGET: &str = "slo:http_server_error_budget:ratio";
pub(super) const DURATION: &str = "http_server_request_duration_seconds";
/// Each process exposes this series from its start.
pub(super) const PANICS: (&str, &str) = ("http_server_exceptions_total", "error=\"panic\"");

/// The selection of all queries: one job, or all jobs.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    pub(super) job: Option<String>,
}

impl Selection {
    /// The series of a metric, with these matchers and that of the job.
    pub(super) fn of(&self, metric: &str, matchers: &str) -> String {
        let job = self.job.as_deref().map(|job| matcher("job", job));
        match (job, matchers) {
            (None, "") => metric.to_owned(),
            (None, matchers) => format!("{metric}{{{matchers}}}"),
            (Some(job), "") => format!("{metric}{{{job}}}"),
            (Some(job), matchers) => format!("{metric}{{{job}, {matchers}}}"),
        }
    }

    pub(super) fn panics(&self) -> String {
        self.of(PANICS.0, PANICS.1)
    }

    /// The end of a query for rates by path. It excludes scrapes.
    pub(super) fn others(&self) -> String {
        let left_out = self.of("path:http_server:left_out", "");
        format!("unless on (path) {left_out}")
    }
}

/// `name="value"`.
pub(super) fn matcher(name: &str, value: &str) -> String {
    format!("{name}={}", quoted(value))
}

/// The matcher of a bucket, for all formats. For an integer bound, Prometheus 2 stores `1` after it reads
/// protobuf and `1.0` after it reads text.
pub(super) fn le(bound: f64) -> String {
    let text = format!("{bound:?}");
    match text.strip_suffix(".0") {
        Some(whole) => format!(r#"le=~"{whole}(\\.0)?""#),
        None => format!("le=\"{text}\""),
    }
}

/// A string literal of `PromQL` and JSON.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Indents each line.
pub(super) fn indent(text: &str, columns: usize) -> String {
    let lines = text.lines().map(|line| format!("{:columns$}{line}", ""));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_in_each_selection_and_is_quoted() {
        let all = Selection::default();
        assert_eq!(all.of("up", ""), "up");
        assert_eq!(all.of("up", "a=\"b\""), "up{a=\"b\"}");
        let job = Some("my \"job\" \\ é".to_owned());
        let one = Selection { job };
        assert_eq!(one.of("up", ""), r#"up{job="my \"job\" \\ é"}"#);
        assert_eq!(
            one.of("up", "a=\"b\""),
            r#"up{job="my \"job\" \\ é", a="b"}"#
        );
    }

    #[test]
    fn a_bucket_is_found_in_each_format() {
        assert_eq!(le(0.25), r#"le="0.25""#);
        assert_eq!(le(10.0), r#"le=~"10(\\.0)?""#);
    }
}
