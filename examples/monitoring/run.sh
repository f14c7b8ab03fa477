#!/usr/bin/env bash
# Starts the shop, load for it, Prometheus and whatever is on PATH of VictoriaMetrics, vmagent, vmalert and
# Grafana, and prints addresses and commands. Needs cargo, python3 and prometheus; the ports 8080, 9090,
# 3000, 8428, 8429 and 8880 should be free.
set -euo pipefail
cd "$(dirname "$0")/../.."

cargo build --example monitoring
exec python3 examples/monitoring/run.py
