#!/usr/bin/env python3
"""Does the same as check.py with native histograms in the shop, and a Prometheus 3 that stores only their native
form: runs every query of the dashboard, and of the rules for such a server."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import check
from stack import Stack, made

FLAG = "--enable-feature=native-histograms"
# Needs classic buckets, as the documentation of `Monitoring::native` says.
WITHOUT = "job_path:http_server_requests_waited:increase1m"


def check_forms(stack):
    """Checks that only the native form is stored."""
    if not check.has_data(stack, "histogram_count(http_server_request_duration_seconds)"):
        sys.exit("there are no native histograms")
    for absent in ('{__name__=~"(http_server|shop)_.+_bucket"}', WITHOUT):
        if check.has_data(stack, absent):
            sys.exit(f"there is data for {absent}")
    print("the native form is stored, the classic form is not")


def main():
    os.environ["NATIVE"] = "1"
    with tempfile.TemporaryDirectory() as directory:
        for name in ("dashboard", "rules"):
            Path(directory, name).write_text(made(name))
        check.DASHBOARD = Path(directory, "dashboard")
        check.RULES = [Path(directory, "rules")]
        subprocess.run(["promtool", "check", "rules", check.RULES[0]], check=True)
        with Stack.for_checks(rules=made("rules"), flags=[FLAG]) as running:
            check.check_all(running, without=WITHOUT)
            check_forms(running)


if __name__ == "__main__":
    main()
