#!/usr/bin/env bash
# Drives servers on this machine's loopback with wrk: bare, ours and actix-web-prom in turns.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v wrk >/dev/null || {
    echo 'sockets: wrk is needed (Debian: apt-get install wrk)' >&2
    exit 2
}
chrt --fifo 1 true 2>/dev/null || {
    echo 'sockets: needs the right to real-time priority, so that wrk never waits for a processor' >&2
    exit 2
}
# By default, Linux stops real-time threads for 50 ms in each second, which would be the 99th percentile.
throttle=/proc/sys/kernel/sched_rt_runtime_us
before=$(cat "$throttle")
echo -1 >"$throttle" || { echo 'sockets: needs the right to turn off real-time throttling' >&2; exit 2; }
trap 'echo "$before" >"$throttle"' EXIT
cargo bench --locked --features peers --bench sockets
