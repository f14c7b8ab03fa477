#!/usr/bin/env bash
# Checks what lies here with the programs that read it:
#
#   examples/monitoring/check.sh                              all of it, for CI
#   examples/monitoring/check.sh --picture docs/dashboard.png and draws the dashboard anew
#
# Needs cargo, python3 with venv, npm, prometheus and promtool.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=examples/monitoring
tools=${CARGO_TARGET_DIR:-target}/monitoring

python=$tools/venv/bin/python
if ! cmp -s "$here/requirements.txt" "$tools/venv/requirements.txt"; then
    python3 -m venv --clear "$tools/venv"
    "$python" -m pip install --quiet --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$tools/venv/"
fi

echo '== Rules and dashboard are what the crate makes'
cargo build --quiet --example monitoring
shop=${CARGO_TARGET_DIR:-target}/debug/examples/monitoring
made() {
    "$shop" "$1" | diff -u "$2" - ||
        { echo "$2 is to be made anew: cargo run --example monitoring -- $1 >$2" >&2; exit 1; }
}
made rules "$here/rules/http_server.yml"
made dashboard "$here/grafana/dashboard.json"

echo '== Rules, their tests and the configuration'
promtool check rules "$here"/rules/*.yml
promtool test rules "$here/rules_test.yml"
for job in shop bank; do
    "$shop" rules "$job" >"$tools/$job.yml"
    promtool check rules "$tools/$job.yml"
done
cp "$here/rules_jobs_test.yml" "$tools/"
promtool test rules "$tools/rules_jobs_test.yml"
# Older ones cannot read native histograms in a test.
if [[ $(promtool --version) == *'version 3.'* ]]; then
    NATIVE=1 "$shop" rules >"$tools/native.yml"
    cp "$here/rules_native_test.yml" "$tools/"
    promtool check rules "$tools/native.yml"
    promtool test rules "$tools/rules_native_test.yml"
fi
"$python" "$here/alerts.py"

echo '== Kubernetes'
mkdir -p "$tools/kubernetes"
cp "$here/kubernetes/check.mjs" "$tools/kubernetes/"
if ! cmp -s "$here/kubernetes/package.json" "$tools/kubernetes/package.json"; then
    cp "$here/kubernetes/package.json" "$tools/kubernetes/"
    npm install --prefix "$tools/kubernetes" --silent --no-audit --no-fund --no-package-lock ||
        { rm "$tools/kubernetes/package.json"; exit 1; }
fi
node "$tools/kubernetes/check.mjs" "$here"/kubernetes/*.yml

echo '== A real Prometheus'
"$python" "$here/check.py" "$@"
echo "== OpenTelemetry's label names"
"$python" "$here/opentelemetry.py"

if [[ $(promtool --version) == *'version 3.'* ]]; then
    echo '== Native histograms without classic buckets'
    "$python" "$here/native.py"
fi

# They come with Debian's testing release, as does Prometheus 3.
if command -v vmalert >/dev/null; then
    echo '== VictoriaMetrics, vmagent and vmalert'
    "$python" "$here/victoria.py"
elif [[ $(promtool --version) == *'version 3.'* ]]; then
    echo 'VictoriaMetrics is not there' >&2
    exit 1
fi
