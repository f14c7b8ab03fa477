#!/usr/bin/env python3
"""Starts a Prometheus with the configuration and the rules, which scrapes the shop under load. Then runs every
query of the dashboard and of the rules until each has data.

    check.py [--picture FILE]   also draws the dashboard
"""

import argparse
import math
import subprocess
import sys
import time
from pathlib import Path

import load
import picture
import queries
from stack import HERE, Stack, until

DASHBOARD = HERE / "grafana/dashboard.json"
RULES = sorted(HERE.glob("rules/*.yml"))
# The time range of the picture.
PICTURE_SECONDS = 240
# Rates rise until their window is full, so the picture begins later.
RUN_UP_SECONDS = 75


def has_data(stack, query):
    result = stack.ask("query", query=query)["result"]
    # Native histograms have no single value.
    values = [series["value"][1] if "value" in series else series["histogram"][1]["count"] for series in result]
    return any(not math.isnan(float(value)) for value in values)


def check_target(stack):
    def is_up():
        targets = stack.ask("targets")["activeTargets"]
        return targets and all(target["health"] == "up" for target in targets)

    until("a healthy target", is_up)
    print("the target is up")


def check_first_failures(stack):
    """Checks that failures before the first scrape of their series are counted."""
    known = "instance:http_server_births:known"
    until("an instance whose births are known", lambda: has_data(stack, known))
    shop = tuple(stack.shop.split(":"))
    for _ in range(40):
        load.request(shop, "GET", "/items/0", headers={"Host": "shop.example"})

    bad = 'sum_over_time(slo:http_server_requests_bad:increase1m{slo="availability", path=""}[2m])'

    def counted():
        found = stack.ask("query", query=bad)["result"]
        return float(found[0]["value"][1]) if found else 0

    until("the failures", counted, seconds=30)
    # The failures must not be counted a second time.
    time.sleep(10)
    if counted() != 40:
        sys.exit(f"40 failures were counted as {counted()}")
    print("40 failures before their first scrape are counted")


def check_queries(stack, without=None):
    pending = dict([*queries.of_dashboard(DASHBOARD)])
    for name, query in queries.of_rules(RULES):
        if not without or without not in query:
            pending[f"{name}: {query}"] = query
    for name, selector, label in queries.of_variables(DASHBOARD):
        pending[f"variable {name}"] = f"count by ({label}) ({selector})"
    count = len(pending)

    def none_is_left():
        for name in [name for name, query in pending.items() if has_data(stack, query)]:
            del pending[name]
        return not pending

    try:
        until("data for each query", none_is_left, seconds=150)
    except TimeoutError:
        sys.exit("no data for\n  " + "\n  ".join(f"{n}: {q}" for n, q in pending.items()))
    print(f"{count} queries have data")


def check_rules(stack):
    def are_healthy():
        groups = stack.ask("rules")["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        return rules if all(rule["health"] == "ok" for rule in rules) else None

    print(f"{len(until('healthy rules', are_healthy))} rules are evaluated without an error")


def check_all(stack, without=None):
    """`without`: a recorded series that has no data."""
    check_target(stack)
    check_first_failures(stack)
    stack.start_load(seconds=600)
    check_queries(stack, without)
    check_rules(stack)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--picture", type=Path)
    args = parser.parse_args()

    start = time.time()
    with Stack.for_checks() as stack:
        subprocess.run(["promtool", "check", "config", "prometheus.yml"], cwd=stack.home, check=True)
        check_all(stack)
        if args.picture:
            time.sleep(max(0, start + PICTURE_SECONDS - time.time()))
            prometheus = f"http://{stack.prometheus}"
            span = start + RUN_UP_SECONDS, time.time()
            picture.draw(prometheus, DASHBOARD, *span, args.picture)
            print(f"{args.picture} is drawn")


if __name__ == "__main__":
    main()
