#!/usr/bin/env python3
"""VictoriaMetrics scrapes the shop, vmagent scrapes it and writes on to another VictoriaMetrics, and
vmalert reads the rules: checks that both have counted what was sent, and that it takes every rule."""

import json
import sys
import urllib.request

import load
from stack import Stack, ask, free_port, until

SENT = 60


class Victoria:
    """Asked like a Prometheus."""

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


def main():
    shop, prometheus = (f"127.0.0.1:{free_port()}" for _ in range(2))
    with Stack(shop, prometheus, fast=True) as stack:
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
            "-datasource.queryStep=5s", "-remoteWrite.flushInterval=1s",
        )  # fmt: skip
        for victoria in (direct, behind):
            until("a target that is up", lambda: number(victoria, "min(up)") == 1)
        for _ in range(SENT):
            load.request(tuple(shop.split(":")), "GET", "/items/20", headers={"Host": "shop.example"})
        total = 'sum(http_server_requests_total{path="/items/{id}"})'
        for victoria in (direct, behind):
            until(f"{SENT} requests", lambda: number(victoria, total) == SENT)
        print("VictoriaMetrics, and vmagent before it, count what was sent")
        # It ends at the start if it cannot read a rule.
        with urllib.request.urlopen(f"http://{alerts.address}/api/v1/rules", timeout=20) as answer:
            groups = json.load(answer)["data"]["groups"]
        count = sum(len(group["rules"]) for group in groups)
        if not count:
            sys.exit("vmalert has no rules")
        print(f"vmalert reads {count} rules")


if __name__ == "__main__":
    main()
