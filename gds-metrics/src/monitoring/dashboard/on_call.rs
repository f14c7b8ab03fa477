//! The first panels, for people on call.

use super::{
    super::promql::{BUDGET, REQUESTS, Selection},
    board::{Board, Panel, Style},
    queries::{JOB, ROUTE, p95, query, rate, rate_before, share},
};

pub(super) fn add(board: &mut Board, selection: &Selection) {
    board.lines(
        &Panel::new(
            "Rate",
            "Requests per second by status, without scrapes, and last week's. 499: the client was gone.",
            "reqps",
            8,
        ),
        Style::Classes,
        &[
            query(rate(REQUESTS, ROUTE, "code"), "{{code}}"),
            query(rate_before(REQUESTS, ROUTE, "", " offset 1w"), "last week"),
        ],
    );
    let budget = selection.of(BUDGET, r#"slo="availability", path="""#);
    board.lines(
        &Panel::new(
            "Errors against the objective",
            "Share of requests answered with a 5xx, and the share that may be. Above: the budget shrinks.",
            "percentunit",
            8,
        ),
        Style::Classes,
        &[query(share("5..", ""), "5xx"), query(format!("max({budget})"), "objective")],
    );
    board.lines(
        &Panel::new(
            "p95 by route",
            "95 of 100 requests have the head of their response within this time.",
            "s",
            8,
        ),
        Style::Plain,
        &[query(p95("path"), "{{path}}")],
    );
    board.table(
        &Panel::new(
            "Busiest and slowest routes",
            "Over the last rate interval; a click on a column sorts by it.",
            "short",
            8,
        ),
        &[
            (rate(REQUESTS, ROUTE, "path"), "Rate", "reqps"),
            (p95("path"), "p95", "s"),
            (share("5..", "path"), "Failed", "percentunit"),
        ],
    );
    board.lines(
        &Panel::new(
            "Saturation",
            "Requests that wait for the head of their response, on average. Streams and upgrades do not.",
            "short",
            8,
        ),
        Style::Plain,
        &[query(
            format!("instance:http_server_requests_waiting:avg5m{{{JOB}}}"),
            "{{instance}}",
        )],
    );
    board.lines(
        &Panel::new(
            "Error budget left",
            "Of the last thirty days, for each objective. At 0 the objective is missed.",
            "percentunit",
            8,
        ),
        Style::Signed,
        &[query(
            r#"slo:http_server_error_budget_left:ratio{job=~"$job"}"#,
            "{{job}} {{slo}} {{path}}",
        )],
    );
}
