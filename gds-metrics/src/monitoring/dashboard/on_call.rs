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
            "Requests per second by status, without scrapes, compared with last week. 499: the client left before the response.",
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
            "The share of requests answered with a 5xx, and the share that the objective allows. Above that share, the error budget shrinks.",
            "percentunit",
            8,
        ),
        Style::Classes,
        &[query(share("5..", ""), "5xx"), query(format!("max({budget})"), "objective")],
    );
    board.lines(
        &Panel::new(
            "p95 by route",
            "For 95 of 100 requests, the head of the response is ready within this time.",
            "s",
            8,
        ),
        Style::Plain,
        &[query(p95("path"), "{{path}}")],
    );
    board.table(
        &Panel::new(
            "Busiest and slowest routes",
            "Over the last rate interval. Click on a column to sort by it.",
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
            "Requests that wait for the head of their response, on average. Open streams and upgrades are not included.",
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
            "The share of the budget of the last thirty days that is left, for each objective. At 0, the objective is missed.",
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
