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
exec cargo bench --locked --features peers --bench sockets
