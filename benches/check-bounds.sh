#!/usr/bin/env bash
# Counts what a request costs, and fails above the bounds in benches/bounds.rs.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || {
    echo 'check-bounds: valgrind is needed (Debian: apt-get install valgrind)' >&2
    exit 2
}
exec cargo bench --locked --bench bounds
