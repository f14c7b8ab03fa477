#!/usr/bin/env python3
"""Does the same as check.py with OpenTelemetry's label names: generates the rules and the dashboard for them,
and runs every query. Also checks that the guide's relabelling produces both names."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import check
from stack import ROOT, Stack, free_port, until

GUIDE = ROOT / "gds-metrics/docs/opentelemetry.md"


def made(what):
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    command = [ROOT / target / "debug/examples/monitoring", what]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def relabelling():
    """The `metric_relabel_configs` of the guide."""
    lines = re.search(r"^    metric_relabel_configs:\n(?:      .*\n)+", GUIDE.read_text(), re.MULTILINE)
    return lines.group(0)


class Relabelled(Stack):
    """A stack with newly generated rules. `relabelling` is appended to the configuration of Prometheus."""

    relabelling = ""

    def start_prometheus(self):
        rules = made("rules")
        for minute in ("interval: 1m", "interval: 3m"):
            rules = rules.replace(minute, "interval: 5s")
        (self.home / "rules/http_server.yml").write_text(rules.replace("offset 1m", "offset 5s"))
        config = self.home / "prometheus.yml"
        config.write_text(config.read_text() + self.relabelling)
        super().start_prometheus()


def stack():
    return Relabelled(*(f"127.0.0.1:{free_port()}" for _ in range(2)), fast=True)


def check_relabelling():
    Relabelled.relabelling = relabelling()
    with stack() as running:
        check.check_target(running)
        running.start_load(seconds=60)
        total = "http_server_requests_total"
        for query in [
            f'{total}{{method="GET", path="/items/{{id}}", code="200", host="shop.example"}}',
            f'{total}{{http_request_method="GET", http_route="/items/{{id}}", http_response_status_code="200"}}',
            f'{total}{{path="No endpoint", code="404"}}',
            'http_server_request_duration_seconds_bucket{path="/items/{id}", code="200", le="+Inf"}',
            f'{total}{{error_type="cancelled", code="499"}}',
        ]:
            until(query, lambda: check.has_data(running, query))
        both = running.ask("query", query=f"count({total}) - count({total}{{path!='', code!=''}})")
        if float(both["result"][0]["value"][1]) != 0:
            sys.exit("some series lack the other names")
    print("the relabelling gives both names")


def main():
    os.environ["OPENTELEMETRY"] = "1"
    with tempfile.TemporaryDirectory() as directory:
        for name in ("dashboard", "rules"):
            Path(directory, name).write_text(made(name))
        check.DASHBOARD = Path(directory, "dashboard")
        check.RULES = [Path(directory, "rules")]
        subprocess.run(["promtool", "check", "rules", check.RULES[0]], check=True)
        with stack() as running:
            check.check_target(running)
            check.check_first_failures(running)
            running.start_load(seconds=600)
            check.check_queries(running)
            check.check_rules(running)
    check_relabelling()


if __name__ == "__main__":
    main()
