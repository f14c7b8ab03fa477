//! Alerts on the standard metrics and the extended group. `severity` is `page` (somebody must act at once) or
//! `ticket` (somebody must look at it in working hours).

use super::{
    super::promql::{BUDGET, INSTANCE, PANICS, REQUESTS, SERVICE},
    Alert, Context, Group,
};

const PAGE: &str = "page";
const TICKET: &str = "ticket";
const WAITING: &str = "instance:http_server_requests_waiting:avg5m";
const UP: &str = "instance:http_server_target:up";

pub(super) fn groups(context: &Context<'_>) -> Vec<Group> {
    vec![
        objectives(context),
        errors(context),
        load(context),
        observation(context),
    ]
}

/// Alerts with multiple windows and burn rates, as in chapter 5 of the SRE workbook: they measure how fast a
/// month's error budget is used up. The short window ends the alert soon after the errors end. An alert needs
/// at least ten requests in the short window and five bad ones in the long window, because a single failure is
/// not an incident.
fn objectives(context: &Context<'_>) -> Group {
    let mut group = Group::new("http-server-objectives-alerts", "1m");
    let budget = context.of(BUDGET, "");
    for (burn, long, short, after, severity) in [
        ("14.4", "1h", "5m", "2m", PAGE),
        ("6", "6h", "30m", "15m", PAGE),
        ("3", "1d", "2h", "1h", TICKET),
        ("1", "3d", "6h", "3h", TICKET),
    ] {
        let all = |window| context.of(&format!("slo:http_server_requests:increase{window}"), "");
        let bad = |window| {
            context.of(
                &format!("slo:http_server_requests_bad:increase{window}"),
                "",
            )
        };
        let burns = |window| {
            format!(
                "    {} / {}\n  > on (slo, path) group_left ()\n    ({burn} * {budget})",
                bad(window),
                all(window),
            )
        };
        group.alert(&Alert {
            name: "HttpServerErrorBudgetBurn",
            expr: format!(
                "{}\nand\n{}\nand\n  {} >= 10\nand\n  {} >= 5",
                burns(long),
                burns(short),
                all(short),
                bad(long),
            ),
            after: Some(after),
            severity,
            labels: &[("long", long), ("short", short)],
            summary: "{{ $labels.job }} uses up its error budget of {{ $labels.slo }} too fast{{ with $labels.path }} at {{ . }}{{ end }}",
            description: &format!(
                "{{{{ $value | humanizePercentage }}}} of the requests missed the objective in the last {long}."
            ),
        });
    }
    group
}

/// The requests of the last ten minutes.
fn requests(context: &Context<'_>) -> String {
    let counted = context.of("job_path_code:http_server_requests:increase1m", "");
    format!("sum by ({SERVICE}) (sum_over_time({counted}[10m]))")
}

fn errors(context: &Context<'_>) -> Group {
    let mut group = Group::new("http-server-errors-alerts", "1m");
    let grown = |matchers| context.of("job_error:http_server_exceptions:increase1m", matchers);
    // A panic is a bug, even if it is rare.
    group.alert(&Alert {
        name: "HttpServerPanics",
        expr: format!(
            "sum without (error) (sum_over_time({}[10m])) > 0",
            grown("error=\"panic\"")
        ),
        after: None,
        severity: TICKET,
        labels: &[],
        summary: "A handler of {{ $labels.job }} panicked",
        description: "The message and the location of the panic are in the standard error of the process.",
    });
    group.alert(&Alert {
        name: "HttpServerExceptions",
        expr: format!(
            "    sum_over_time({}[10m])\n  / on ({SERVICE}) group_left ()\n    ({} >= 50)\n> 0.01",
            grown("error!=\"panic\""),
            requests(context),
        ),
        after: Some("5m"),
        severity: TICKET,
        labels: &[],
        summary: "Many requests of {{ $labels.job }} fail with {{ $labels.error }}",
        description: "{{ $value | humanizePercentage }} of the requests in the last ten minutes failed with this error.",
    });
    if context.extended {
        let broken = context.of(
            "http_server_responses_truncated_total",
            "reason!=\"client\"",
        );
        let all = context.of(REQUESTS, "");
        group.alert(&Alert {
            name: "HttpServerResponsesBroken",
            expr: format!(
                "    sum by ({SERVICE}, reason) (increase({broken}[10m]))
  / on ({SERVICE}) group_left ()
    (sum by ({SERVICE}) (increase({all}[10m])) >= 50)
> 0.001"
            ),
            after: Some("5m"),
            severity: TICKET,
            labels: &[],
            summary: "Responses of {{ $labels.job }} break off after their head ({{ $labels.reason }})",
            description: "{{ $value | humanizePercentage }} of the responses are incomplete. Their status was already sent, so they are counted under that status, such as 200.",
        });
    }
    group
}

fn load(context: &Context<'_>) -> Group {
    let mut group = Group::new("http-server-load-alerts", "1m");
    let waiting = context.of(WAITING, "");
    let waited = context.of("job_path:http_server_requests_waited:increase1m", "");
    // This is the first sign of overload. No 5xx shows it.
    group.alert(&Alert {
        name: "HttpServerClientsGiveUp",
        expr: format!(
            "    sum by ({SERVICE}) (sum_over_time({waited}[10m]))\n  /\n    ({} >= 50)\n> 0.05",
            requests(context)
        ),
        after: Some("10m"),
        severity: PAGE,
        labels: &[],
        summary: "Clients of {{ $labels.job }} give up before they get a response",
        description: &format!(
            "{{{{ $value | humanizePercentage }}}} of the requests were dropped after more than {} s, by a client or by a timeout outside the middleware.",
            context.waited
        ),
    });
    // Only requests that wait for the response head count. Streams and upgrades have already had theirs.
    group.alert(&Alert {
        name: "HttpServerSaturated",
        expr: format!(
            "    count by ({SERVICE}) ({waiting} > 100)\n  /\n    count by ({SERVICE}) ({waiting})\n>= 0.25"
        ),
        after: Some("10m"),
        severity: PAGE,
        labels: &[],
        summary: "Requests of {{ $labels.job }} queue up",
        description: "{{ $value | humanizePercentage }} of the instances each have more than 100 requests that wait for a response.",
    });
    group.alert(&Alert {
        name: "HttpServerInstanceSaturated",
        expr: format!("{waiting} > 100"),
        after: Some("10m"),
        severity: TICKET,
        labels: &[],
        summary: "{{ $labels.instance }} has many requests that wait for a response",
        description: "{{ $value | humanize }} requests wait at the same time, on average over five minutes.",
    });
    if context.blocking {
        // Other requests of the same worker had to wait. A single long poll, for example at a start, is not a
        // problem.
        let polls = context.of("http_server_blocking_polls_total", "");
        group.alert(&Alert {
            name: "HttpServerWorkerBlocked",
            expr: format!("sum by ({SERVICE}, path) (increase({polls}[10m])) >= 5"),
            after: Some("5m"),
            severity: TICKET,
            labels: &[],
            summary: "{{ $labels.path }} of {{ $labels.job }} blocks its workers",
            description: "{{ $value | humanize }} polls blocked a worker in ten minutes.",
        });
    }
    if context.process {
        of_process(context, &mut group);
    }
    group
}

fn of_process(context: &Context<'_>, group: &mut Group) {
    let panics = context.selection.panics();
    let of = |metric| context.of(metric, "");
    group.alert(&Alert {
        name: "ProcessFewFileDescriptorsLeft",
        expr: format!(
            "    {} / {} > 0.8\nand on ({INSTANCE})\n    {panics}",
            of("process_open_fds"),
            of("process_max_fds"),
        ),
        after: Some("5m"),
        severity: PAGE,
        labels: &[],
        summary: "{{ $labels.instance }} runs out of file descriptors",
        description: "{{ $value | humanizePercentage }} of the file descriptors are open. The process needs one for each connection.",
    });
    group.alert(&Alert {
        name: "ProcessRestarts",
        expr: format!(
            "    changes({}[30m]) > 2\nand on ({INSTANCE})\n    last_over_time({panics}[30m])",
            of("process_start_time_seconds")
        ),
        after: None,
        severity: TICKET,
        labels: &[],
        summary: "{{ $labels.instance }} keeps restarting",
        description: "{{ $value }} restarts in half an hour.",
    });
}

fn observation(context: &Context<'_>) -> Group {
    let mut group = Group::new("http-server-observation-alerts", "1m");
    let panics = context.of(PANICS.0, PANICS.1);
    let (target, up) = (context.of("up", ""), context.of(UP, ""));
    // A job that exposed the standard metrics within the last day is expected to continue.
    group.record(
        UP,
        format!("  {target}\nand on ({SERVICE})\n  present_over_time({panics}[1d])"),
    );
    // One instance of many is a ticket. A quarter of the instances, or the only one, is a page.
    group.alert(&Alert {
        name: "HttpServerInstancesDown",
        expr: format!(
            "  (1 - avg by ({SERVICE}) ({up}) > 0.25)
and
  (
      count by ({SERVICE}) ({up} == 0) > 1
    or
      avg by ({SERVICE}) ({up}) == 0
  )"
        ),
        after: Some("5m"),
        severity: PAGE,
        labels: &[],
        summary: "Many instances of {{ $labels.job }} cannot be scraped",
        description: "{{ $value | humanizePercentage }} of the instances cannot be scraped. Check whether they are running. On 401 or 403, check that the token in Prometheus matches METRICS_AUTH_TOKEN.",
    });
    group.alert(&Alert {
        name: "HttpServerInstanceDown",
        expr: format!("{up} == 0"),
        after: Some("15m"),
        severity: TICKET,
        labels: &[],
        summary: "{{ $labels.instance }} cannot be scraped",
        description: "Check whether it is running. On 401 or 403, check that the token in Prometheus matches METRICS_AUTH_TOKEN.",
    });
    group.alert(&Alert {
        name: "HttpServerScrapeGone",
        expr: format!(
            "  group by ({SERVICE}) (present_over_time({panics}[1d]))\nunless on ({SERVICE})\n  {target}"
        ),
        after: Some("15m"),
        severity: PAGE,
        labels: &[],
        summary: "Prometheus has no target of {{ $labels.job }} any more",
        description: "Prometheus had targets of this job in the last day. Check service discovery.",
    });
    of_scrapes(context, &mut group);
    group
}

fn of_scrapes(context: &Context<'_>, group: &mut Group) {
    let of = |metric, matchers| context.of(metric, matchers);
    if context.extended {
        group.alert(&Alert {
            name: "HttpServerScrapesRefused",
            expr: format!(
                "    sum by ({SERVICE}, outcome) (increase({}[15m]))
  / on ({SERVICE}) group_left ()
    sum by ({SERVICE}) (increase({}[15m]))
> 0.1",
                of("gds_metrics_scrapes_total", "outcome!=\"ok\""),
                of("gds_metrics_scrapes_total", ""),
            ),
            after: Some("15m"),
            severity: TICKET,
            labels: &[],
            summary: "{{ $labels.job }} refuses scrapes: {{ $labels.outcome }}",
            description: "{{ $value | humanizePercentage }} of the scrapes are refused. busy: there are too many scrapes at a time, a scrape takes too long, or a client does not read. unauthorized or forbidden: a client has no token, a wrong token, or an address that is not allowed.",
        });
    }
    group.alert(&Alert {
        name: "HttpServerScrapeSlow",
        expr: format!(
            "    {} > 2\nand on ({INSTANCE})\n    {}",
            of("scrape_duration_seconds", ""),
            of(UP, ""),
        ),
        after: Some("15m"),
        severity: TICKET,
        labels: &[],
        summary: "Scrapes of {{ $labels.instance }} are slow",
        description: "A scrape takes {{ $value | humanizeDuration }}. If it takes longer than `scrape_timeout`, Prometheus gets no metrics.",
    });
    group.alert(&Alert {
        name: "HttpServerSeriesFolded",
        expr: format!(
            "    sum by ({SERVICE}, reason) (increase({}[1h]))
  / on ({SERVICE}) group_left ()
    sum by ({SERVICE}) (increase({}[1h]))
> 0.01",
            of("gds_metrics_folded_requests_total", ""),
            of(REQUESTS, ""),
        ),
        after: Some("1h"),
        severity: TICKET,
        labels: &[],
        summary: "{{ $labels.job }} has too many values of the label {{ $labels.reason }}",
        description: "{{ $value | humanizePercentage }} of the requests are counted under `_other`. For host, list your hosts in METRICS_HOSTS. For path, raise `.max_label_sets(…)`.",
    });
}
