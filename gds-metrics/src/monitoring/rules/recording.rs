//! The recorded series that the alerts and the dashboard query.
//!
//! All counts are recorded once a minute. Longer windows are sums of these, so no window of several days reads
//! the raw series. `rate()` and `increase()` ignore the first value of a series: forty failures before its
//! first scrape are not an increase. Here, a series that did not exist a minute ago counts with its whole
//! value. A series that was reset does so as well.

use super::{
    super::{
        objectives::Objective,
        promql::{BUDGET, DURATION, INSTANCE, REQUESTS, SERVICE, indent, le, matcher},
    },
    Context, Group,
};

const COUNTED: &str = "job_path_code:http_server_requests:increase1m";
const TOTAL: &str = "slo:http_server_requests:increase1m";
const BAD: &str = "slo:http_server_requests_bad:increase1m";
/// Requests that the client cancelled.
const GIVEN_UP: &str = "code=\"499\"";
const NOT_GIVEN_UP: &str = "code!=\"499\"";

pub(super) fn groups(context: &Context<'_>, objectives: &[Objective], native: bool) -> Vec<Group> {
    // Rules that depend on each other are in the same group, because Prometheus evaluates the rules of a group
    // in order.
    let mut first = Group::new("http-server-objectives", "1m");
    counts(context, &mut first);
    for objective in objectives {
        add_objective(context, objective, &mut first);
    }
    for window in ["5m", "30m", "1h", "2h", "6h"] {
        add_window(context, window, &mut first);
    }
    vec![first, long_windows(context), others(context, native)]
}

/// The increase of the series within a minute.
fn growth(context: &Context<'_>, series: &str) -> String {
    let known = context.of("instance:http_server_births:known", "");
    let before = format!("last_over_time({series}[5m] offset 1m)");
    format!(
        "  ({series} - {before} >= 0)
or
  ({series} < {before})
or
  ({series} unless {before})
    and on ({INSTANCE}) {known}"
    )
}

fn grown_by(context: &Context<'_>, labels: &str, series: &str) -> String {
    let growth = indent(&growth(context, series), 2);
    format!("sum by ({labels}) (\n{growth}\n)")
}

fn counts(context: &Context<'_>, group: &mut Group) {
    // Scrapes never fail. In a service with few requests, they would hide the errors.
    let mut left_out = vec![("path", context.path)];
    left_out.extend(job_label(context));
    group.record_labelled("path:http_server:left_out", "vector(1)", &left_out);

    // The instances whose new series are known to be new: those that were scraped a minute ago, and those that
    // appeared while other instances of the same job were scraped. After a gap in the scrapes, old series
    // return and must not count as new.
    let panics = context.selection.panics();
    group.record(
        "instance:http_server_births:known",
        format!(
            "
  group by ({INSTANCE}) (last_over_time({panics}[5m] offset 1m))
or
  (
      group by ({INSTANCE}) ({panics})
    unless
      group by ({INSTANCE}) (present_over_time({panics}[6h] offset 1m))
  )
    and on ({SERVICE})
  group by ({SERVICE}) (last_over_time({panics}[5m] offset 1m))"
        ),
    );

    let growth = indent(&growth(context, &context.of(REQUESTS, "")), 4);
    let others = context.selection.others();
    group.record(
        COUNTED,
        format!("sum by ({SERVICE}, path, code) (\n  (\n{growth}\n  )\n    {others}\n)"),
    );
    let exceptions = context.of("http_server_exceptions_total", "");
    group.record(
        "job_error:http_server_exceptions:increase1m",
        grown_by(context, &format!("{SERVICE}, error"), &exceptions),
    );

    // Clients that cancel a search while the user types have not waited.
    let by_path = format!("{SERVICE}, path");
    let all = context.of(&format!("{DURATION}_count"), GIVEN_UP);
    let bound = le(context.waited);
    let soon = context.of(
        &format!("{DURATION}_bucket"),
        &format!("{GIVEN_UP}, {bound}"),
    );
    group.record(
        "job_path:http_server_requests_waited:increase1m",
        format!(
            "{}\n-\n{}",
            indent(&grown_by(context, &by_path, &all), 2),
            indent(&grown_by(context, &by_path, &soon), 2),
        ),
    );
}

/// The label of the job, for rules whose series would not have it otherwise. `None` without a job.
fn job_label<'a>(context: &Context<'a>) -> Option<(&'static str, &'a str)> {
    Some(("job", context.selection.job.as_deref()?))
}

/// The three rules of an objective: the number of its requests, the number of bad ones, and the allowed share
/// of bad ones. All objectives share the windows and the alerts.
fn add_objective(context: &Context<'_>, objective: &Objective, group: &mut Group) {
    let mut labels = vec![("slo", objective.name())];
    labels.extend(objective.route.as_deref().map(|route| ("path", route)));
    let mut budget_labels = labels.clone();
    budget_labels.extend(job_label(context));

    let (total, bad) = match objective.within {
        Some(seconds) => latency(context, objective, seconds),
        None => availability(context, objective),
    };
    let budget = format!("vector({})", objective.budget());
    group.record_labelled(BUDGET, budget, &budget_labels);
    group.record_labelled(TOTAL, total, &labels);
    group.record_labelled(BAD, bad, &labels);
}

fn path_matcher(objective: &Objective) -> Option<String> {
    Some(matcher("path", objective.route.as_deref()?))
}

fn availability(context: &Context<'_>, objective: &Objective) -> (String, String) {
    let path = path_matcher(objective);
    let failed = "code=~\"5..\"";
    let matchers = path.iter().map(String::as_str).chain([failed]);
    let matchers = matchers.collect::<Vec<_>>().join(", ");
    let failed = context.of(COUNTED, &matchers);
    let all = context.of(COUNTED, path.as_deref().unwrap_or_default());
    let total = format!("sum by ({SERVICE}) ({all})");
    let bad = format!("  sum by ({SERVICE}) ({failed})\nor\n  0 * {total}");
    (total, bad)
}

fn latency(context: &Context<'_>, objective: &Objective, seconds: f64) -> (String, String) {
    let path = path_matcher(objective).unwrap_or_default();
    let matchers = format!("{path}, {NOT_GIVEN_UP}");
    let total = grown_by(
        context,
        SERVICE,
        &context.of(&format!("{DURATION}_count"), &matchers),
    );
    let bound = le(seconds);
    let in_time = grown_by(
        context,
        SERVICE,
        &context.of(
            &format!("{DURATION}_bucket"),
            &format!("{matchers}, {bound}"),
        ),
    );
    let in_time = indent(&in_time, 6);
    let recorded = context.of(TOTAL, &format!("slo=\"latency\", {path}"));
    let bad = format!(
        "clamp_min(
    {recorded}
  - on ({SERVICE}) group_left ()
    (
{in_time}
      or
        0 * sum by ({SERVICE}) ({recorded})
    ),
  0
)"
    );
    (total, bad)
}

fn windowed(kind: &str, window: &str) -> String {
    format!("slo:http_server_{kind}:increase{window}")
}

fn add_window(context: &Context<'_>, window: &str, group: &mut Group) {
    for (kind, minute) in [("requests", TOTAL), ("requests_bad", BAD)] {
        let minute = context.of(minute, "");
        group.record(
            &windowed(kind, window),
            format!("sum_over_time({minute}[{window}])"),
        );
    }
}

/// Windows of days change slowly, so their interval is longer.
fn long_windows(context: &Context<'_>) -> Group {
    let mut group = Group::new("http-server-long-windows", "3m");
    for window in ["1d", "3d"] {
        add_window(context, window, &mut group);
    }
    // Sums of hours. Within the first hour, the available data.
    for kind in ["requests", "requests_bad"] {
        let hour = context.of(&windowed(kind, "1h"), "");
        group.record(
            &windowed(kind, "30d"),
            format!("sum_over_time({hour}[30d:1h]) or {hour}"),
        );
    }
    // 1: none of the budget of the last thirty days is used. Below 0: the objective is missed.
    let bad = context.of("slo:http_server_requests_bad:increase30d", "");
    let all = context.of("slo:http_server_requests:increase30d", "");
    let budget = context.of(BUDGET, "");
    group.record(
        "slo:http_server_error_budget_left:ratio",
        format!("  1\n-\n    {bad}\n  / ({all} > 0)\n  / on (slo, path) group_left () {budget}"),
    );
    group
}

/// Recordings for the dashboard and the other alerts.
fn others(context: &Context<'_>, is_native: bool) -> Group {
    let mut group = Group::new("http-server-recording", "1m");
    let others = context.selection.others();

    // Classic buckets if there are any, otherwise the native histogram. This works with both servers. vmalert
    // does not support `histogram_sum`.
    let classic = context.of(&format!("{DURATION}_bucket"), NOT_GIVEN_UP);
    let native = context.of(DURATION, NOT_GIVEN_UP);
    group.record(
        "job_path:http_server_request_duration_seconds:p95_5m",
        format!(
            "
  histogram_quantile(
    0.95,
    sum by ({SERVICE}, path, le) (rate({classic}[5m]) {others})
  )
or
  histogram_quantile(
    0.95,
    sum by ({SERVICE}, path) (rate({native}[5m]) {others})
  )"
        ),
    );

    // The average number of requests that wait for their response head: their total waiting time, divided by
    // the length of the interval. Event streams, websockets and long bodies have had their head, so they are
    // not included. `http_server_active_requests` does include them.
    let sum = context.of(&format!("{DURATION}_sum"), "");
    let mut waiting = format!("sum by ({INSTANCE}) (rate({sum}[5m]) {others})");
    if is_native {
        let native = context.of(DURATION, "");
        waiting = format!(
            "  {waiting}
or
  sum by ({INSTANCE}) (histogram_sum(rate({native}[5m])) {others})"
        );
    }
    group.record("instance:http_server_requests_waiting:avg5m", waiting);
    group
}
