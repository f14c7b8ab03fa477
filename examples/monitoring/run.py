#!/usr/bin/env python3
"""Starts the shop, its load, Prometheus and, if it is on PATH, Grafana. Ctrl-C ends all of them."""

import signal
import sys

from stack import HERE, Stack


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Stack() as stack:
        stack.start_load(seconds=86_400)
        print(f"Shop        http://{stack.shop}/")
        print(f"Metrics     http://{stack.shop}/metrics")
        print(f'            curl -H "Authorization: Bearer $(cat {stack.home}/metrics-token)" …')
        print(f"Prometheus  http://{stack.prometheus}/  (alerts: /alerts, targets: /targets)")
        if stack.start_grafana():
            print(f"Grafana     http://{stack.grafana}/d/gds-metrics-http-server")
        else:
            print("Grafana     is not on PATH; import this into yours:")
            print(f"            {HERE / 'grafana/dashboard.json'}")
        print("Ctrl-C ends all of it.", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
