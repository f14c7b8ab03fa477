#!/usr/bin/env bash
# Measures everything that docs/benchmarks.md shows below its marker, and replaces that part. Takes about
# half an hour on a machine with nothing else to do. Above the marker are the counts, which
# `cargo bench --bench bounds` and `cargo bench --bench custom` print.
set -euo pipefail
cd "$(dirname "$0")/.."
page=docs/benchmarks.md
made=$(mktemp)
trap 'rm -f "$made"' EXIT
{
    sed '/^<!-- measured/q' "$page"
    echo
    cargo bench --locked --features peers --bench table
    printf '## Real sockets\n\n'
    cat <<'TEXT'
`wrk` with 16 connections against one worker each, the servers in turns. Each number is the median of nine
ratios, each within one round. `wrk` has real-time priority and the scraper the lowest, because both run on the
server's own cores.

TEXT
    bash benches/sockets.sh
    printf '\n## What it costs to build\n\n'
    printf 'What each adds to a bare actix-web app with the macros only.\n\n'
    bash benches/build-cost.sh
} >"$made"
cp "$made" "$page"
