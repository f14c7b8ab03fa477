//! What a real Prometheus 3 makes of native buckets and exemplars, by its switches.

use std::{net::SocketAddr, sync::mpsc, thread};

use actix_web::{App, HttpServer, rt::System, web};
use gds_metrics::GdsMetrics;

use crate::{http, programs::Prometheus, wait_for};

const REQUESTS: u32 = 200;
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const COUNT: &str = r#"http_server_request_duration_seconds_count{path="/"}"#;
const NATIVE: &str = r#"histogram_count(http_server_request_duration_seconds{path="/"})"#;

/// A server with native buckets and exemplars, which ends with the tests.
fn serve() -> SocketAddr {
    let (sender, address) = mpsc::channel();
    thread::spawn(move || {
        System::new().block_on(async move {
            let metrics = GdsMetrics::builder()
                .native_histograms(true)
                .exemplars(true)
                .extended(true)
                .build()
                .expect("settings");
            let server = HttpServer::new(move || {
                App::new()
                    .service(metrics.scope())
                    .route("/", web::get().to(async || "hello"))
                    .wrap(metrics.clone())
            })
            .workers(2)
            .bind(("127.0.0.1", 0))
            .expect("a free port");
            sender.send(server.addrs()[0]).expect("the test waits");
            server.run().await
        })
    });
    address.recv().expect("a server")
}

/// Which forms and whether exemplars come through, with these flags and options of the scrape.
fn check(flags: &[&str], options: &str, classic: bool, native: bool) {
    let target = serve();
    let jobs =
        format!("- job_name: app\n  {options}\n  static_configs: [{{targets: ['{target}']}}]\n");
    let prometheus = Prometheus::start(&jobs, flags);
    wait_for("the target to be up", || match prometheus.health("app") {
        (health, error) if health == "up" && error.is_empty() => Ok(()),
        other => Err(format!("{other:?}")),
    });
    let header = format!("00-{TRACE}-b7ad6b7169203331-01");
    for _ in 0..REQUESTS {
        http::get(target, "/", &[("traceparent", &header)]);
    }
    // The counter is there whatever becomes of the histogram.
    wait_for("all requests to be scraped", || {
        match prometheus.number(r#"http_server_requests_total{path="/"}"#) {
            Ok(sum) if sum == f64::from(REQUESTS) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
    for (query, there) in [(COUNT, classic), (NATIVE, native)] {
        let found = prometheus.number(query).ok();
        assert_eq!(
            found,
            there.then_some(f64::from(REQUESTS)),
            "{flags:?}: {query}"
        );
    }
    assert_eq!(prometheus.health("app"), ("up".to_owned(), String::new()));
    if classic {
        let exemplars = prometheus.api(
            "query_exemplars?query=http_server_request_duration_seconds_bucket&start=0&end=9999999999",
        );
        let labels = &exemplars[0]["exemplars"][0]["labels"];
        assert_eq!(labels["trace_id"], TRACE, "{exemplars}");
        assert_eq!(labels["span_id"], "b7ad6b7169203331", "{exemplars}");
    }
}

const NATIVE_AND_EXEMPLARS: &[&str] = &["--enable-feature=native-histograms,exemplar-storage"];

#[test]
#[ignore = "needs prometheus 3"]
fn prometheus_3_takes_the_native_form_alone() {
    check(NATIVE_AND_EXEMPLARS, "honor_labels: false", false, true);
}

#[test]
#[ignore = "needs prometheus 3"]
fn prometheus_3_takes_both_forms() {
    let options = "always_scrape_classic_histograms: true";
    check(NATIVE_AND_EXEMPLARS, options, true, true);
}

#[test]
#[ignore = "needs prometheus 3"]
fn prometheus_3_takes_the_classic_form_alone() {
    let flags = ["--enable-feature=exemplar-storage"];
    check(&flags, "honor_labels: false", true, false);
}
