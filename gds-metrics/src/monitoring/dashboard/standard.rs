//! Rows for the HTTP metrics.

use super::{
    super::promql::{BUDGET, DURATION, REQUESTS, Selection},
    Has,
    board::{Board, Panel, Style},
    queries::{HOST, INSTANCE, JOB, RATE, ROUTE, p95, quantiles, query, rate, rate_of_sum, share},
};

const TRUNCATED: &str = "http_server_responses_truncated_total";
const REQUEST_SIZE: &str = "http_server_request_body_size_bytes";
const RESPONSE_SIZE: &str = "http_server_response_body_size_bytes";

pub(super) fn add(board: &mut Board, has: Has, selection: &Selection) {
    at_a_glance(board, has);
    traffic(board);
    errors(board, selection);
    latency(board, has);
    exceptions(board, has);
    if has.extended {
        in_flight(board);
        sizes(board, has.native);
    }
}

fn at_a_glance(board: &mut Board, has: Has) {
    board.row("At a glance");
    board.stat(
        &Panel::new(
            "Requests",
            "Requests per second, without scrapes.",
            "reqps",
            4,
        ),
        None,
        query(rate(REQUESTS, ROUTE, ""), ""),
    );
    board.stat(
        &Panel::new(
            "Failed",
            "Share of requests answered with a 5xx.",
            "percentunit",
            4,
        ),
        Some(0.01),
        query(share("5..", ""), ""),
    );
    board.stat(
        &Panel::new(
            "Latency",
            "For 95 of 100 requests, the head of the response is ready within this time.",
            "s",
            4,
        ),
        None,
        query(p95(""), "p95"),
    );
    if has.extended {
        board.stat(
            &Panel::new(
                "In flight",
                "Requests whose response body is not finished yet.",
                "short",
                4,
            ),
            None,
            query(format!("sum (http_server_active_requests{{{HOST}}})"), ""),
        );
    }
    board.stat(
        &Panel::new(
            "Instances",
            "Targets that Prometheus can scrape.",
            "short",
            4,
        ),
        None,
        query(format!("sum (up{{{JOB}}})"), ""),
    );
    if has.build_info {
        board.names(
            &Panel::new(
                "Version",
                "The versions that are running, from `.build_info(…)`.",
                "short",
                4,
            ),
            5,
            query(
                format!("count by (name, version) (app_build_info{{{JOB}}})"),
                "{{name}} {{version}}",
            ),
        );
    }
}

fn traffic(board: &mut Board) {
    board.row("Traffic");
    for (title, description, by, legend, style) in [
        (
            "Requests by status",
            "499: the client left before the response.",
            "code",
            "{{code}}",
            Style::StackedClasses,
        ),
        (
            "Requests by path",
            "The path is the pattern of the route, or `No endpoint` if no route matched.",
            "path",
            "{{path}}",
            Style::Stacked,
        ),
        (
            "Requests by host and method",
            "`_other` is every host beyond the limit.",
            "host, method",
            "{{host}} {{method}}",
            Style::Stacked,
        ),
    ] {
        let panel = Panel::new(title, description, "reqps", 8);
        board.lines(&panel, style, &[query(rate(REQUESTS, ROUTE, by), legend)]);
    }
}

fn errors(board: &mut Board, selection: &Selection) {
    board.row("Errors");
    board.lines(
        &Panel::new(
            "Share that failed, was refused or abandoned",
            "5xx: errors of the server. 4xx: errors of the client. 499: the client left before the response, a sign of overload.",
            "percentunit",
            8,
        ),
        Style::Plain,
        &[
            query(share("5..", ""), "5xx"),
            query(share("4([0-8].|9[0-8])", ""), "4xx"),
            query(share("499", ""), "499"),
        ],
    );
    let failed = format!("{ROUTE}, code=~\"5..|499\"");
    board.lines(
        &Panel::new(
            "Failures by path",
            "Requests answered with a 5xx, and requests that clients abandoned.",
            "reqps",
            8,
        ),
        Style::Plain,
        &[query(
            rate(REQUESTS, &failed, "path, code"),
            "{{code}} {{path}}",
        )],
    );
    // Only for this job. Otherwise several budgets have the same name.
    let budget = selection.of(BUDGET, "");
    let burn = |window| {
        let job = r#"{job=~"$job"}"#;
        query(
            format!(
                "slo:http_server_requests_bad:increase{window}{job} / slo:http_server_requests:increase{window}{job} \
                 / on (slo, path) group_left () {budget}"
            ),
            format!("{{{{job}}}} {{{{slo}}}} {{{{path}}}} {window}"),
        )
    };
    board.lines(
        &Panel::new(
            "Error budget burn",
            "How many times faster than allowed the budget is used up. If both 1h and 5m exceed 14.4, an alert pages.",
            "short",
            8,
        ),
        Style::Plain,
        &["5m", "1h", "6h"].map(burn),
    );
}

fn latency(board: &mut Board, has: Has) {
    let width = if has.extended { 6 } else { 8 };
    board.row("Latency");
    board.lines(
        &Panel::new("Quantiles", "Time to the head of the response.", "s", width),
        Style::Plain,
        &quantiles(DURATION, ROUTE),
    );
    board.heat_map(
        &Panel::new(
            "Heat map",
            "The number of requests by duration.",
            "s",
            width,
        ),
        DURATION,
        ROUTE,
    );
    board.lines(
        &Panel::new(
            "p95 by path",
            "Time to the head of the response.",
            "s",
            width,
        ),
        Style::Plain,
        &[query(p95("path"), "{{path}}")],
    );
    if has.extended {
        board.lines(
            &Panel::new(
                "With the body",
                "Time to the end of the response body. Event streams and upgrades are not included.",
                "s",
                width,
            ),
            Style::Plain,
            &quantiles("http_server_response_duration_seconds", ROUTE),
        );
    }
}

fn exceptions(board: &mut Board, has: Has) {
    board.row("Exceptions");
    board.lines(
        &Panel::new(
            "Exceptions by kind",
            "Errors that caused a 5xx, by the name of their type or variant, and panics.",
            "cps",
            12,
        ),
        Style::Stacked,
        &[query(
            rate("http_server_exceptions_total", JOB, "error"),
            "{{error}}",
        )],
    );
    if has.extended {
        board.lines(
            &Panel::new(
                "Truncated responses",
                "The head of the response was sent, but its body was not sent completely: the client left, or the body failed or panicked.",
                "cps",
                12,
            ),
            Style::Plain,
            &[query(rate(TRUNCATED, JOB, "reason"), "{{reason}}")],
        );
    }
}

fn in_flight(board: &mut Board) {
    board.row("In flight");
    let active = format!("http_server_active_requests{{{HOST}}}");
    board.lines(
        &Panel::new(
            "By instance",
            "If this rises while the traffic does not, a service that the application calls has become slow.",
            "short",
            12,
        ),
        Style::Plain,
        &[query(format!("sum by (instance) ({active})"), INSTANCE)],
    );
    board.lines(
        &Panel::new(
            "By method",
            "The average of the scrapes in each interval.",
            "short",
            12,
        ),
        Style::Plain,
        &[query(
            format!("sum by (method) (avg_over_time({active}[{RATE}]))"),
            "{{method}}",
        )],
    );
}

fn sizes(board: &mut Board, native: bool) {
    board.row("Sizes");
    board.lines(
        &Panel::new(
            "Request bodies",
            "Bytes of each request body that were read.",
            "bytes",
            6,
        ),
        Style::Plain,
        &quantiles(REQUEST_SIZE, ROUTE),
    );
    board.lines(
        &Panel::new(
            "Response bodies",
            "Bytes of each response body that were sent.",
            "bytes",
            6,
        ),
        Style::Plain,
        &quantiles(RESPONSE_SIZE, ROUTE),
    );
    board.heat_map(
        &Panel::new(
            "Response bodies",
            "The number of response bodies by size.",
            "bytes",
            6,
        ),
        RESPONSE_SIZE,
        ROUTE,
    );
    board.lines(
        &Panel::new(
            "Throughput",
            "Bytes of request and response bodies per second.",
            "Bps",
            6,
        ),
        Style::Plain,
        &[
            query(rate_of_sum(REQUEST_SIZE, ROUTE, native), "in"),
            query(rate_of_sum(RESPONSE_SIZE, ROUTE, native), "out"),
        ],
    );
}
