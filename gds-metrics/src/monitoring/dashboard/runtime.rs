//! Rows for the process, the event loops and the scrapes.

use super::{
    Has,
    board::{Board, Panel, Style},
    queries::{INSTANCE, JOB, RATE, quantiles, query, rate},
};

pub(super) fn add(board: &mut Board, has: Has) {
    if has.process {
        process(board);
    }
    if has.event_loop_delay || has.blocking {
        board.row("Event loop");
    }
    if has.event_loop_delay {
        event_loop(board);
    }
    if has.blocking {
        let polls = "http_server_blocking_polls_total";
        board.lines(
            &Panel::new(
                "Polls that block",
                "How often a route held its worker for longer than `.detect_blocking(…)` allows.",
                "cps",
                8,
            ),
            Style::Stacked,
            &[query(rate(polls, JOB, "path"), "{{path}}")],
        );
    }
}

fn process(board: &mut Board) {
    board.row("Process");
    let of = |metric: &str| format!("{metric}{{{JOB}}}");
    let cpu = format!("rate({}[{RATE}])", of("process_cpu_seconds_total"));
    let open = of("process_open_fds");
    let share = format!("{open} / {}", of("process_max_fds"));
    let uptime = format!("time() - {}", of("process_start_time_seconds"));
    let memory = of("process_resident_memory_bytes");
    board.lines(
        &Panel::new(
            "CPU",
            "CPU time per second. 1 means one full core.",
            "short",
            5,
        ),
        Style::Plain,
        &[query(cpu, INSTANCE)],
    );
    board.lines(
        &Panel::new("Memory", "Resident memory.", "bytes", 5),
        Style::Plain,
        &[query(memory, INSTANCE)],
    );
    board.lines(
        &Panel::new(
            "File descriptors and threads",
            "Each connection uses one file descriptor.",
            "short",
            5,
        ),
        Style::Plain,
        &[
            query(open, "{{instance}} open"),
            query(of("process_threads"), "{{instance}} threads"),
        ],
    );
    board.lines(
        &Panel::new(
            "File descriptors in use",
            "The share of the allowed file descriptors that are open. The process needs one for each connection.",
            "percentunit",
            5,
        ),
        Style::Plain,
        &[query(share, INSTANCE)],
    );
    board.lines(
        &Panel::new(
            "Uptime",
            "A drop to zero means that the process restarted.",
            "s",
            4,
        ),
        Style::Plain,
        &[query(uptime, INSTANCE)],
    );
}

fn event_loop(board: &mut Board) {
    let delay = "gds_metrics_event_loop_delay_seconds";
    board.lines(
        &Panel::new(
            "Delay",
            "How late a timer of each worker fires. A handler that blocks a worker delays everything else on it.",
            "s",
            8,
        ),
        Style::Plain,
        &quantiles(delay, JOB),
    );
    board.heat_map(
        &Panel::new("Delay, how many", "The number of timers by delay.", "s", 8),
        delay,
        JOB,
    );
}

pub(super) fn add_scrape(board: &mut Board, has: Has) {
    board.row("The scrape itself");
    let of = |metric: &str| query(format!("{metric}{{{JOB}}}"), INSTANCE);
    if has.extended {
        board.lines(
            &Panel::new(
                "Scrapes by outcome",
                "unauthorized or forbidden: a client has no token, a wrong token, or an address that is not allowed.",
                "cps",
                5,
            ),
            Style::Plain,
            &[query(
                rate("gds_metrics_scrapes_total", JOB, "outcome"),
                "{{outcome}}",
            )],
        );
    }
    board.lines(
        &Panel::new("Duration", "The duration that Prometheus measures.", "s", 5),
        Style::Plain,
        &[of("scrape_duration_seconds")],
    );
    board.lines(
        &Panel::new("Samples", "Samples per scrape.", "short", 5),
        Style::Plain,
        &[of("scrape_samples_scraped")],
    );
    if has.extended {
        board.lines(
            &Panel::new("Size", "Bytes per scrape, before compression.", "bytes", 5),
            Style::Plain,
            &[of("gds_metrics_last_scrape_bytes")],
        );
    }
    board.lines(
        &Panel::new(
            "Folded requests",
            "Requests counted under `_other`, because there were too many hosts or label sets.",
            "cps",
            4,
        ),
        Style::Plain,
        &[query(
            rate("gds_metrics_folded_requests_total", JOB, "reason"),
            "{{reason}}",
        )],
    );
}
