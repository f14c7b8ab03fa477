#!/usr/bin/env python3
"""Starts the shop and its load, and Prometheus, VictoriaMetrics, vmagent, vmalert and Grafana if they are on
PATH. Ctrl-C ends all of them."""

import shutil
import signal
import sys
import urllib.error
import urllib.request

from stack import HERE, Stack


def page_of(prometheus, name):
    """Prometheus 2 of Debian has only its classic pages."""
    page = f"http://{prometheus}/{name}"
    try:
        with urllib.request.urlopen(page, timeout=5):
            return page
    except urllib.error.HTTPError:
        return f"http://{prometheus}/classic/{name}"


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Stack() as stack:
        stack.start_load(seconds=86_400)
        scrape = f'curl -H "Authorization: Bearer $(cat {stack.home}/metrics-token)" http://{stack.shop}/metrics'
        print(f"Shop             http://{stack.shop}/")
        print(f"Metrics          {scrape}")
        print(f"Prometheus       {page_of(stack.prometheus, 'targets')}")
        print(f"Alerts           {page_of(stack.prometheus, 'alerts')}")
        burn = "slo:http_server_requests_bad:increase5m / slo:http_server_requests:increase5m"
        print(f"Failed, by rule  promtool query instant http://{stack.prometheus} '{burn}'")
        for name, address, path in stack.start_victoria():
            print(f"{name:<16} http://{address}{path}")
        if stack.start_grafana():
            print(f"Grafana          http://{stack.grafana}/d/gds-metrics-http-server")
        else:
            print(f"Grafana          is not on PATH; import {HERE / 'grafana/dashboard.json'} into yours")
        missing = [name for name in ("victoria-metrics", "vmagent", "vmalert") if not shutil.which(name)]
        if missing:
            print(f"Not on PATH      {', '.join(missing)}")
        print("Ratios need two minutes, the error budget four. Ctrl-C ends all of it.", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
