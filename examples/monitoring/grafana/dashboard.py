#!/usr/bin/env python3
"""Makes the Grafana dashboard `dashboard.json` with Grafana's own schema, the foundation SDK.

    dashboard.py            writes it
    dashboard.py --check    fails if what is there is not what would be written
"""

import sys
from pathlib import Path

from grafana_foundation_sdk.builders import (
    common as common_builders,
    dashboard as dashboards,
    heatmap,
    prometheus,
    stat,
    table,
    timeseries,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import heatmap as heatmap_model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

FILE = Path(__file__).with_name("dashboard.json")
SOURCE = common.DataSourceRef(type_val="prometheus", uid="${datasource}")

# What most queries select. `$host` matches services without that label too.
JOB = 'job=~"$job", instance=~"$instance"'
HOST = f'{JOB}, host=~"$host"'
ROUTE = f'{HOST}, path=~"$path"'
RATE = "$__rate_interval"
# Scrapes, and whatever else the rules leave out.
OTHERS = "unless on (path) path:http_server:left_out"


def rate(metric, selection=ROUTE, by=None, offset=""):
    by = f" by ({by})" if by else ""
    others = f" {OTHERS}" if "path=" in selection else ""
    return f"sum{by} (rate({metric}{{{selection}}}[{RATE}]{offset}){others})"


def quantile(q, metric, selection=ROUTE, by=None):
    """Of the classic buckets where there are any, else of the native histogram."""
    classic = rate(metric + "_bucket", selection, f"{by}, le" if by else "le")
    native = rate(metric, selection, by)
    return f"histogram_quantile({q}, {classic}) or histogram_quantile({q}, {native})"


def share(code, by=None):
    """The share of requests with such a code; 0 where there never was one."""
    total = rate("http_server_requests_total", by=by)
    some = rate("http_server_requests_total", f'{ROUTE}, code=~"{code}"', by)
    return f"({some} or 0 * {total}) / {total}"


def quantiles(metric, selection=ROUTE):
    return [(quantile(q, metric, selection), f"p{q * 100:g}") for q in (0.5, 0.95, 0.99)]


STATUS_COLOURS = [
    ("/^(1|2)(..|xx)/", "green"),
    ("/^3(..|xx)/", "blue"),
    ("/^4([0-8].|9[0-8]|xx)/", "yellow"),
    ("/^499/", "orange"),
    ("/^5(..|xx)/", "red"),
    ("/last week/", "text"),
]


class Panels:
    """Numbers the panels and lays them out in rows of 24 columns."""

    def __init__(self, dashboard):
        self.dashboard = dashboard
        self.last_id = 0
        self.folded = None

    def row(self, title):
        """What is added from now on lies in a collapsed row."""
        self.close()
        self.last_id += 1
        self.folded = dashboards.Row(title).id(self.last_id).collapsed(True)

    def close(self):
        if self.folded:
            self.dashboard.with_row(self.folded)
        self.folded = None

    def add(self, panel, title, description, queries, width, height=8, unit="short", form=None):
        self.last_id += 1
        panel.id(self.last_id).title(title).description(description)
        panel.datasource(SOURCE).span(width).height(height).unit(unit)
        for at, (expression, legend) in enumerate(queries):
            query = prometheus.Dataquery().expr(expression).legend_format(legend)
            query.ref_id(chr(ord("A") + at)).datasource(SOURCE)
            query = query.instant() if form == PromQueryFormat.TABLE else query.range()
            # A click from a slow request to its trace, where the service has exemplars.
            if "_bucket" in expression and form is None:
                query.exemplar(True)
            panel.with_target(query.format(form) if form else query)
        if self.folded:
            self.folded.with_panel(panel)
        else:
            self.dashboard.with_panel(panel)

    def table(self, title, description, queries, width=8):
        """One line for each path, the busiest first; each query has a column and a unit."""
        panel = table.Panel()
        names = {"Time": True, "path": False}
        for at, (_, column, unit) in enumerate(queries):
            value = f"Value #{chr(ord('A') + at)}"
            names[value] = column
            panel.override_by_name(
                column, [model.DynamicConfigValue(id_val="unit", value=unit)]
            )
        renamed = {value: column for value, column in names.items() if isinstance(column, str)}
        panel.with_transformation(
            model.DataTransformerConfig(
                id_val="joinByField", options={"byField": "path", "mode": "outer"}
            )
        )
        panel.with_transformation(
            model.DataTransformerConfig(
                id_val="organize",
                options={
                    "excludeByName": {f"Time {at + 1}": True for at in range(len(queries))},
                    "renameByName": {"path": "Route", **renamed},
                },
            )
        )
        panel.sort_by(
            [
                common_builders.TableSortByFieldState()
                .display_name(queries[0][1])
                .desc(True)
            ]
        )
        asked = [(expression, column) for expression, column, _ in queries]
        self.add(panel, title, description, asked, width, form=PromQueryFormat.TABLE)

    def stat(self, title, description, queries, unit="short", steps=None, name=False):
        panel = stat.Panel().graph_mode(common.BigValueGraphMode.AREA)
        reduce = common_builders.ReduceDataOptions().calcs(["lastNotNull"])
        panel.reduce_options(reduce).color_mode(common.BigValueColorMode.VALUE)
        colours = [model.Threshold(value=None, color="green"), *(steps or [])]
        panel.thresholds(
            dashboards.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(colours)
        )
        if name:
            panel.text_mode(common.BigValueTextMode.NAME)
            panel.graph_mode(common.BigValueGraphMode.NONE)
        self.add(panel, title, description, queries, 4, height=5, unit=unit)

    def lines(self, title, description, queries, unit="short", width=8, stacked=False, classes=False, floor=True):
        panel = timeseries.Panel().line_width(1).fill_opacity(30 if stacked else 8)
        panel.show_points(common.VisibilityMode.NEVER)
        if floor:
            panel.min(0)
        panel.legend(
            common_builders.VizLegendOptions()
            .show_legend(True)
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
        )
        panel.tooltip(
            common_builders.VizTooltipOptions()
            .mode(common.TooltipDisplayMode.MULTI)
            .sort(common.SortOrder.DESCENDING)
        )
        if classes:
            for pattern, colour in STATUS_COLOURS:
                fixed = {"mode": "fixed", "fixedColor": colour}
                panel.override_by_regexp(
                    pattern, [model.DynamicConfigValue(id_val="color", value=fixed)]
                )
        if stacked:
            panel.stacking(common_builders.StackingConfig().mode(common.StackingMode.NORMAL))
        self.add(panel, title, description, queries, width, unit=unit)

    def heat_map(self, title, description, metric, unit, width=8):
        panel = heatmap.Panel().calculate(False).cell_gap(1)
        panel.y_axis(heatmap.YAxisConfig().unit(unit))
        panel.color(
            heatmap.HeatmapColorOptions()
            .mode(heatmap_model.HeatmapColorMode.SCHEME)
            .scheme("Blues")
        )
        native = f"sum (increase({metric}{{{ROUTE}}}[{RATE}]) {OTHERS})"
        classic = f"sum by (le) (increase({metric}_bucket{{{ROUTE}}}[{RATE}]) {OTHERS})"
        query = f"{native} or ({classic} unless on () {native})"
        self.add(
            panel, title, description, [(query, "{{le}}")], width, form=PromQueryFormat.HEATMAP
        )


def variables(dashboard):
    dashboard.with_variable(
        dashboards.DatasourceVariable("datasource").label("Data source").type("prometheus")
    )
    for name, label, query in [
        ("job", "Job", "label_values(http_server_requests_total, job)"),
        (
            "instance",
            "Instance",
            'label_values(http_server_requests_total{job=~"$job"}, instance)',
        ),
        ("host", "Host", f"label_values(http_server_requests_total{{{JOB}}}, host)"),
        ("path", "Path", f"label_values(http_server_requests_total{{{HOST}}}, path)"),
    ]:
        dashboard.with_variable(
            dashboards.QueryVariable(name)
            .label(label)
            .datasource(SOURCE)
            .query({"query": query, "refId": name})
            .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(model.VariableSort.ALPHABETICAL_ASC)
            .multi(True)
            .include_all(True)
            .all_value(".*")
            .current(model.VariableOption(selected=True, text=["All"], value=["$__all"]))
        )


def deploys(dashboard):
    dashboard.annotation(
        dashboards.AnnotationQuery()
        .name("Starts")
        .datasource(SOURCE)
        .enable(True)
        .icon_color("blue")
        .expr(f"process_start_time_seconds{{{JOB}}} * 1000")
        .use_value_for_time(True)
        .title_format("Started")
        .text_format("{{instance}}")
        .step("60s")
    )


def on_call(panels):
    """What people on call look at first."""
    total = "http_server_requests_total"
    codes = rate(total, by="code")
    panels.lines(
        "Rate",
        "Requests per second by status, without scrapes, and last week's. 499: the client was gone.",
        [(codes, "{{code}}"), (rate(total, offset=" offset 1w"), "last week")],
        "reqps",
        classes=True,
    )
    budget = 'max(slo:http_server_error_budget:ratio{slo="availability", path=""})'
    panels.lines(
        "Errors against the objective",
        "Share of requests answered with a 5xx, and the share that may be. Above: the budget shrinks.",
        [(share("5.."), "5xx"), (budget, "objective")],
        "percentunit",
        classes=True,
    )
    duration = "http_server_request_duration_seconds"
    panels.lines(
        "p95 by route",
        "95 of 100 requests have the head of their response within this time.",
        [(quantile(0.95, duration, by="path"), "{{path}}")],
        "s",
    )
    panels.table(
        "Busiest and slowest routes",
        "Over the last rate interval; a click on a column sorts by it.",
        [
            (rate(total, by="path"), "Rate", "reqps"),
            (quantile(0.95, duration, by="path"), "p95", "s"),
            (share("5..", by="path"), "Failed", "percentunit"),
        ],
    )
    panels.lines(
        "Saturation",
        "Requests that wait for the head of their response, on average. Streams and upgrades do not.",
        [(f"instance:http_server_requests_waiting:avg5m{{{JOB}}}", "{{instance}}")],
    )
    panels.lines(
        "Error budget left",
        "Of the last thirty days, for each objective. At 0 the objective is missed.",
        [
            (
                'slo:http_server_error_budget_left:ratio{job=~"$job"}',
                "{{job}} {{slo}} {{path}}",
            )
        ],
        "percentunit",
        floor=False,
    )


def at_a_glance(panels):
    panels.row("At a glance")
    red = model.Threshold(value=0.01, color="red")
    panels.stat(
        "Requests",
        "Per second, without scrapes.",
        [(rate("http_server_requests_total"), "")],
        unit="reqps",
    )
    panels.stat(
        "Failed",
        "Share of requests answered with a 5xx.",
        [(share("5.."), "")],
        unit="percentunit",
        steps=[red],
    )
    panels.stat(
        "Latency",
        "95 of 100 requests are answered, as far as the head of the response, within this time.",
        [(quantile(0.95, "http_server_request_duration_seconds"), "p95")],
        unit="s",
    )
    panels.stat(
        "In flight",
        "Requests whose response's body is not finished yet.",
        [(f"sum (http_server_active_requests{{{HOST}}})", "")],
    )
    panels.stat(
        "Instances",
        "Targets that Prometheus can scrape.",
        [(f"sum (up{{{JOB}}})", "")],
        steps=[],
    )
    panels.stat(
        "Version",
        "What is running: `.build_info(…)`.",
        [(f"count by (name, version) (app_build_info{{{JOB}}})", "{{name}} {{version}}")],
        name=True,
    )


def traffic(panels):
    panels.row("Traffic")
    total = "http_server_requests_total"
    for title, description, by in [
        ("Requests by status", "499: the client was gone before the answer.", "code"),
        ("Requests by path", "The pattern of the route; `No endpoint`: no route matched.", "path"),
        ("Requests by host and method", "`_other`: more than are told apart.", "host, method"),
    ]:
        legend = " ".join(f"{{{{{label}}}}}" for label in by.split(", "))
        panels.lines(
            title, description, [(rate(total, by=by), legend)], "reqps", stacked=True, classes=by == "code"
        )


def errors(panels):
    panels.row("Errors")
    panels.lines(
        "Share that failed, was refused or abandoned",
        "5xx: the server's fault. 4xx: the client's. 499: the client did not wait, a sign of overload.",
        [(share("5.."), "5xx"), (share("4([0-8].|9[0-8])"), "4xx"), (share("499"), "499")],
        "percentunit",
    )
    panels.lines(
        "Failures by path",
        "Requests answered with a 5xx, and those that were abandoned.",
        [
            (
                rate("http_server_requests_total", f'{ROUTE}, code=~"5..|499"', "path, code"),
                "{{code}} {{path}}",
            )
        ],
        "reqps",
    )
    burn = "slo:http_server_requests{bad}:increase{window}{{{job}}}"
    panels.lines(
        "Error budget burn",
        "How many times faster than the objective allows. 14.4 in both 1h and 5m pages.",
        [
            (
                burn.format(bad="_bad", window=window, job='job=~"$job"')
                + " / "
                + burn.format(bad="", window=window, job='job=~"$job"')
                + " / on (slo, path) group_left () slo:http_server_error_budget:ratio",
                f"{{{{job}}}} {{{{slo}}}} {{{{path}}}} {window}",
            )
            for window in ("5m", "1h", "6h")
        ],
    )


def latency(panels):
    duration = "http_server_request_duration_seconds"
    panels.row("Latency")
    panels.lines("Quantiles", "Time to the head of the response.", quantiles(duration), "s", 6)
    panels.heat_map("Heat map", "How many requests took how long.", duration, "s", 6)
    panels.lines(
        "p95 by path",
        "Time to the head of the response.",
        [(quantile(0.95, duration, by="path"), "{{path}}")],
        "s",
        6,
    )
    whole = "http_server_response_duration_seconds"
    panels.lines(
        "With the body",
        "Time to the end of the response; not for event streams and upgrades.",
        quantiles(whole),
        "s",
        6,
    )


def exceptions(panels):
    panels.row("Exceptions")
    panels.lines(
        "Exceptions by kind",
        "Errors behind a 5xx, by the name of their type or variant, and panics.",
        [(rate("http_server_exceptions_total", JOB, "error"), "{{error}}")],
        "cps",
        12,
        stacked=True,
    )
    panels.lines(
        "Truncated responses",
        "Their head went out, their body did not: the client left, or the body failed or panicked.",
        [(rate("http_server_responses_truncated_total", JOB, "reason"), "{{reason}}")],
        "cps",
        12,
    )


def in_flight(panels):
    panels.row("In flight")
    active = f"http_server_active_requests{{{HOST}}}"
    panels.lines(
        "By instance",
        "Climbing while the traffic does not: something that it waits for has become slow.",
        [(f"sum by (instance) ({active})", "{{instance}}")],
        width=12,
    )
    panels.lines(
        "By method",
        "On average over the interval: scrapes see only moments.",
        [(f"sum by (method) (avg_over_time({active}[{RATE}]))", "{{method}}")],
        width=12,
    )


def sizes(panels):
    panels.row("Sizes")
    request, response = (
        f"http_server_{which}_body_size_bytes" for which in ("request", "response")
    )
    panels.lines("Request bodies", "As far as they were read.", quantiles(request), "bytes", 6)
    panels.lines("Response bodies", "As far as they were sent.", quantiles(response), "bytes", 6)
    panels.heat_map("Response bodies", "How many were how large.", response, "bytes", 6)
    panels.lines(
        "Throughput",
        "Bytes of bodies.",
        [(rate(f"{request}_sum"), "in"), (rate(f"{response}_sum"), "out")],
        "Bps",
        6,
    )


def process(panels):
    panels.row("Process")
    instance = "{{instance}}"
    panels.lines(
        "CPU",
        "1: a whole core.",
        [(f"rate(process_cpu_seconds_total{{{JOB}}}[{RATE}])", instance)],
        width=5,
    )
    panels.lines(
        "Memory",
        "Resident.",
        [(f"process_resident_memory_bytes{{{JOB}}}", instance)],
        "bytes",
        5,
    )
    panels.lines(
        "File descriptors and threads",
        "Every connection takes a file descriptor.",
        [
            (f"process_open_fds{{{JOB}}}", f"{instance} open"),
            (f"process_threads{{{JOB}}}", f"{instance} threads"),
        ],
        width=5,
    )
    panels.lines(
        "File descriptors in use",
        "Of those that the process may have; without one, no connection is accepted.",
        [(f"process_open_fds{{{JOB}}} / process_max_fds{{{JOB}}}", instance)],
        "percentunit",
        5,
    )
    panels.lines(
        "Uptime",
        "A fall to zero is a restart.",
        [(f"time() - process_start_time_seconds{{{JOB}}}", instance)],
        "s",
        4,
    )


def own(panels):
    panels.row("The shop's own metrics")
    panels.lines(
        "Orders",
        "Replace this row by your own: these are the example's.",
        [(rate("shop_orders_total", JOB, "payment"), "{{payment}}")],
        "cps",
        stacked=True,
    )
    panels.lines("Exports", "Running now.", [(f"sum (shop_exports_running{{{JOB}}})", "running")])
    panels.lines(
        "Payment provider",
        "Time it takes.",
        quantiles("shop_payment_duration_seconds", JOB),
        "s",
    )


def scrape(panels):
    panels.row("The scrape itself")
    panels.lines(
        "Scrapes by outcome",
        "unauthorized or forbidden: somebody scrapes without the token or with a wrong one.",
        [(rate("gds_metrics_scrapes_total", JOB, "outcome"), "{{outcome}}")],
        "cps",
        5,
    )
    panels.lines(
        "Duration",
        "As Prometheus sees it.",
        [(f"scrape_duration_seconds{{{JOB}}}", "{{instance}}")],
        "s",
        5,
    )
    panels.lines(
        "Samples",
        "Per scrape.",
        [(f"scrape_samples_scraped{{{JOB}}}", "{{instance}}")],
        width=5,
    )
    panels.lines(
        "Size",
        "Per scrape, before compression.",
        [(f"gds_metrics_last_scrape_bytes{{{JOB}}}", "{{instance}}")],
        "bytes",
        5,
    )
    panels.lines(
        "Folded requests",
        "Counted under `_other`, because there were too many hosts or label sets.",
        [(rate("gds_metrics_folded_requests_total", JOB, "reason"), "{{reason}}")],
        "cps",
        4,
    )


def build():
    dashboard = (
        dashboards.Dashboard("HTTP server (gds-metrics)")
        .uid("gds-metrics-http-server")
        .description("The metrics of gds-metrics for Actix Web: standard and extended group.")
        .tags(["actix-web", "gds-metrics", "http"])
        .timezone("browser")
        .refresh("30s")
        .time("now-1h", "now")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
    )
    variables(dashboard)
    deploys(dashboard)
    panels = Panels(dashboard)
    for part in [
        on_call,
        at_a_glance,
        traffic,
        errors,
        latency,
        exceptions,
        in_flight,
        sizes,
        process,
        own,
        scrape,
    ]:
        part(panels)
    panels.close()
    return JSONEncoder(sort_keys=True, indent=2).encode(dashboard.build()) + "\n"


def main():
    text = build()
    if sys.argv[1:] != ["--check"]:
        FILE.write_text(text)
    elif FILE.read_text() != text:
        sys.exit(f"{FILE} is not what {Path(__file__).name} makes: run it and commit the result")


if __name__ == "__main__":
    main()
