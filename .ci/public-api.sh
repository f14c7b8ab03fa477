#!/usr/bin/env bash
# Compares the public API with the snapshot in docs/public-api.txt; `--bless` writes the snapshot anew.
# The shape of rustdoc's JSON goes with the toolchain: after an update of that, update the version of
# `public-api` in .ci/public-api/Cargo.toml too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${CARGO_TARGET_DIR:-target}
# Rustdoc's JSON is not stable, but the stable compiler has it.
RUSTC_BOOTSTRAP=1 cargo rustdoc --quiet -p gds-metrics --all-features --lib --locked -- \
    -Z unstable-options --output-format json --cap-lints allow
found=$(CARGO_TARGET_DIR=$target/public-api \
    cargo run --quiet --locked --manifest-path .ci/public-api/Cargo.toml -- "$target/doc/gds_metrics.json")

if [ "${1:-}" = --bless ]; then
    printf '%s\n' "$found" >docs/public-api.txt
elif ! diff -u docs/public-api.txt <(printf '%s\n' "$found"); then
    echo 'the public API has changed: if that is intended, run `.ci/public-api.sh --bless`' >&2
    exit 1
fi
