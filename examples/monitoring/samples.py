#!/usr/bin/env python3
"""Prints the table of the guide on fleets: the cost of a service for Prometheus.

Counts the samples of a label set in a scrape of the shop, and multiplies.
"""

import re
import urllib.request

from stack import Stack, free_port

# Sizes of services: name, routes, combinations of method and code for each route, hosts, instances.
SHAPES = [
    ("small", 10, 3, 1, 2),
    ("medium", 50, 4, 3, 10),
    ("large", 200, 5, 2, 50),
]
# Samples of a label set with a native histogram: the counter and the histogram.
NATIVE = 2
INTERVAL = 30


def samples_of_a_label_set():
    """The number of samples that the standard families have in a scrape for one label set."""
    shop, prometheus = (f"127.0.0.1:{free_port()}" for _ in range(2))
    with Stack(shop, prometheus) as stack:
        urllib.request.urlopen(f"http://{shop}/").read()
        token = (stack.home / "metrics-token").read_text()
        request = urllib.request.Request(
            f"http://{shop}/metrics", headers={"Authorization": f"Bearer {token}"}
        )
        text = urllib.request.urlopen(request).read().decode()
    own = 'path="/"'
    standard = r"^http_server_(requests_total|request_duration_seconds_(bucket|sum|count)){"
    extended = r"^http_server_\w+{"
    lines = [line for line in text.splitlines() if own in line]
    return (
        sum(bool(re.match(standard, line)) for line in lines),
        sum(bool(re.match(extended, line)) for line in lines),
    )


def main():
    standard, extended = samples_of_a_label_set()
    print(f"A label set: {standard} samples; with the extended group {extended}.\n")
    print("| service | label sets of an instance | samples of all instances | extended | no host label | native | samples a second |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, routes, codes, hosts, instances in SHAPES:
        sets = routes * codes * hosts
        host = "host" if hosts == 1 else "hosts"
        shape = f"{name}: {routes} routes × {codes} codes × {hosts} {host} × {instances} instances"
        total = sets * standard * instances
        cells = [
            shape, sets, total, sets * extended * instances,
            total // hosts, sets * NATIVE * instances, total // INTERVAL,
        ]  # fmt: skip
        print("| " + " | ".join(f"{c:,}" if isinstance(c, int) else c for c in cells) + " |")


if __name__ == "__main__":
    main()
