#!/usr/bin/env bash
# Starts the shop, load for it, Prometheus and, if it is on PATH, Grafana, and prints their addresses.
# Needs cargo, python3 and prometheus; the ports 8080, 9090 and 3000 should be free.
set -euo pipefail
cd "$(dirname "$0")/../.."

cargo build --example monitoring
exec python3 examples/monitoring/run.py
