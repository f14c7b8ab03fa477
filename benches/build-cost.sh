#!/usr/bin/env bash
# What a metrics crate adds to the build of a bare actix-web app: crates, processor time of a clean
# release build, size of the stripped binary. Prints a Markdown table.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=$root/target/build-cost
rm -rf "$work"
mkdir -p "$work"

# name, dependencies (lines of TOML), how the app is wrapped (a line before, and a line in the app)
app() {
    local dir=$work/$1
    mkdir -p "$dir/src"
    cat >"$dir/Cargo.toml" <<TOML
[package]
name = "app"
version = "0.0.0"
edition = "2024"
[workspace]
[profile.release]
strip = true
[dependencies]
actix-web = { version = "4.18", default-features = false, features = ["macros"] }
$2
TOML
    cat >"$dir/src/main.rs" <<RUST
use actix_web::{App, HttpServer, web};
#[actix_web::main]
async fn main() -> std::io::Result<()> {
    $3
    HttpServer::new(move || {
        App::new().route("/", web::get().to(|| async { "hello" }))$4
    })
    .bind(("127.0.0.1", 8080))?
    .run()
    .await
}
RUST
    cp "$root/Cargo.lock" "$dir/Cargo.lock"
}

app bare '' '' ''
app gds-metrics "gds-metrics = { path = \"$root/gds-metrics\" }" \
    'let metrics = gds_metrics::GdsMetrics::from_env().unwrap();' \
    '.service(metrics.scope()).wrap(metrics.clone())'
app gds-metrics-without-features "gds-metrics = { path = \"$root/gds-metrics\", default-features = false }" \
    'let metrics = gds_metrics::GdsMetrics::from_env().unwrap();' \
    '.service(metrics.scope()).wrap(metrics.clone())'
app actix-web-prom 'actix-web-prom = "0.10"' \
    'let metrics = actix_web_prom::PrometheusMetricsBuilder::new("http").endpoint("/metrics").build().unwrap();' \
    '.wrap(metrics.clone())'
app actix-web-metrics 'actix-web-metrics = "0.5"
metrics-exporter-prometheus = { version = "0.18", default-features = false }' \
    'let handle = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder().unwrap();
    let metrics = actix_web_metrics::ActixWebMetricsBuilder::new().build();' \
    '.route("/metrics", web::get().to({ let handle = handle.clone(); move || { let text = handle.render(); async move { text } } })).wrap(metrics.clone())'

printf '| app | crates | clean build, processor seconds | stripped binary, KiB |\n| --- | --- | --- | --- |\n'
bare_crates=0 bare_seconds=0 bare_size=0
for name in bare gds-metrics gds-metrics-without-features actix-web-prom actix-web-metrics; do
    cd "$work/$name"
    cargo fetch --quiet
    crates=$(cargo tree --prefix none --edges normal,build --no-dedupe | sed 's/ (\*)$//; s/ (proc-macro)$//' | sort -u | wc -l)
    TIMEFORMAT='%U %S'
    times=$({ time cargo build --release --quiet >/dev/null 2>&1; } 2>&1 | tail -n 1)
    seconds=$(awk '{ printf "%.0f", $1 + $2 }' <<<"$times")
    size=$(($(stat -c %s target/release/app) / 1024))
    if [ "$name" = bare ]; then
        bare_crates=$crates bare_seconds=$seconds bare_size=$size
        echo "| bare | $crates | $seconds | $size |"
    else
        echo "| $name | +$((crates - bare_crates)) | +$((seconds - bare_seconds)) | +$((size - bare_size)) |"
    fi
    rm -rf target
done
