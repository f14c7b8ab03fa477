#!/usr/bin/env python3
"""Runs VictoriaMetrics, which scrapes the shop, vmagent, which scrapes it and writes to another VictoriaMetrics,
and vmalert, which evaluates the rules. Checks that both stores have all requests, that vmalert evaluates every
rule without an error, and that the store has every recorded series."""

import json
import sys
import urllib.request

import load
import queries
from stack import Stack, ask, free_port, until

SENT = 60


class Victoria:
    """A server with the HTTP API of Prometheus."""

    def __init__(self, address):
        self.address = address

    def ask(self, path, **parameters):
        return ask(f"http://{self.address}", path, **parameters)


def start(stack, name, port, *flags):
    process = stack.start(name, [name.split("-at-")[0], *flags, f"-httpListenAddr=127.0.0.1:{port}"])
    stack.await_answer(name, process, f"http://127.0.0.1:{port}/health")
    return Victoria(f"127.0.0.1:{port}")


def number(victoria, query):
    found = victoria.ask("query", query=query)["result"]
    return float(found[0]["value"][1]) if found else None


def check_rules(stack, store, alerts):
    """Waits until every rule is evaluated and every recorded series has data."""
    rules_files = stack.home.glob("rules/*.yml")
    pending = {query for name, query in queries.of_rules(rules_files) if name.startswith("rule ") and ":" in name}

    def rules():
        with urllib.request.urlopen(f"http://{alerts.address}/api/v1/rules", timeout=20) as answer:
            return [rule for group in json.load(answer)["data"]["groups"] for rule in group["rules"]]

    def none_is_left():
        pending.difference_update([query for query in pending if number(store, query) is not None])
        return not pending

    count = len(pending)
    try:
        until("recorded series", none_is_left, seconds=300)
    except TimeoutError:
        sys.exit("vmalert has not recorded\n  " + "\n  ".join(sorted(pending)))
    evaluated = rules()
    failed = [f"{rule['name']}: {rule['lastError']}" for rule in evaluated if rule["health"] != "ok"]
    if failed or not evaluated:
        sys.exit("vmalert has no rules, or they fail:\n  " + "\n  ".join(failed))
    print(f"vmalert evaluates {len(evaluated)} rules and records {count} kinds of series")


def main():
    with Stack.for_checks() as stack:
        scrape = stack.victoria_scrape()
        direct = start(
            stack, "victoria-metrics-at-the-shop", free_port(),
            f"-storageDataPath={stack.home}/direct", "-search.latencyOffset=0s", f"-promscrape.config={scrape}",
        )  # fmt: skip
        behind = start(
            stack, "victoria-metrics-at-vmagent", free_port(), f"-storageDataPath={stack.home}/behind"
        )
        start(
            stack, "vmagent-at-the-shop", free_port(),
            f"-promscrape.config={scrape}", f"-remoteWrite.url=http://{behind.address}/api/v1/write",
            f"-remoteWrite.tmpDataPath={stack.home}/vmagent",
        )  # fmt: skip
        alerts = start(
            stack, "vmalert-at-the-shop", free_port(), f"-rule={stack.home}/rules/*.yml",
            f"-datasource.url=http://{direct.address}", f"-remoteWrite.url=http://{direct.address}",
            f"-remoteRead.url=http://{direct.address}", "-notifier.blackhole", "-rule.evalDelay=0s",
            "-remoteWrite.flushInterval=1s",
        )  # fmt: skip
        for victoria in (direct, behind):
            until("a target that is up", lambda: number(victoria, "min(up)") == 1)
        for _ in range(SENT):
            load.request(tuple(stack.shop.split(":")), "GET", "/items/20", headers={"Host": "shop.example"})
        total = 'sum(http_server_requests_total{path="/items/{id}"})'
        for victoria in (direct, behind):
            until(f"{SENT} requests", lambda: number(victoria, total) == SENT)
        print("VictoriaMetrics, and vmagent before it, count what was sent")
        stack.start_load(seconds=600)
        check_rules(stack, direct, alerts)


if __name__ == "__main__":
    main()
