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
from stack import ROOT, Stack, made, until

GUIDE = ROOT / "gds-metrics/docs/opentelemetry.md"


def relabelling():
    """The `metric_relabel_configs` of the guide."""
    lines = re.search(r"^    metric_relabel_configs:\n(?:      .*\n)+", GUIDE.read_text(), re.MULTILINE)
    return lines.group(0)


def check_relabelling():
    with Stack.for_checks(rules=made("rules"), config=relabelling()) as running:
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
        with Stack.for_checks(rules=made("rules")) as running:
            check.check_all(running)
    check_relabelling()


if __name__ == "__main__":
    main()
