//! Memory after expositions that no client read. This test runs in a process of its own, because it
//! measures the memory of the whole process.

#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use actix_web::{App, HttpServer};
use gds_metrics::{Counter, EncodeLabelSet, Family, GdsMetricSet, GdsMetrics};
use support::server::serve;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    number: usize,
    text: String,
}

#[derive(Clone, Debug, GdsMetricSet)]
struct Wide {
    /// Has many series.
    wide: Family<Labels, Counter>,
}

const MIB: usize = 1024 * 1024;

/// Resident memory, in bytes.
fn resident() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").expect("Linux has it");
    let pages = statm.split(' ').nth(1).expect("the second number");
    pages.parse::<usize>().expect("a number") * 4096
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_burst_of_stalled_scrapes_leaves_no_memory_behind() {
    let metrics = GdsMetrics::builder().build().expect("the defaults");
    let wide: Wide = metrics.register().expect("a free name");
    for number in 0..9_000 {
        let text = "x".repeat(1_000);
        wide.wide.get_or_create(&Labels { number, text }).inc();
    }
    let server = serve(move |listener| {
        let app = move || App::new().service(metrics.scope());
        Ok(HttpServer::new(app).workers(2).listen(listener)?.run())
    });
    // One complete scrape first, so that the memory that every scrape needs is already allocated.
    let scraped = server.ask("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(scraped.body.len() > 8 * MIB);
    drop(scraped);
    let before = resident();

    let stalled: Vec<_> = (0..12)
        .map(|_| {
            let mut client = TcpStream::connect(server.address).expect("a server");
            let request = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
            client.write_all(request).expect("a server that reads");
            // The exposition is rendered when its head arrives; the body is not read.
            let mut status = [0; 12];
            client.read_exact(&mut status).expect("an answer");
            assert_eq!(&status, b"HTTP/1.1 200");
            client
        })
        .collect();
    assert!(resident() > before + 60 * MIB, "the expositions are there");
    drop(stalled);
    wait_until("the expositions are gone", || {
        resident() < before + 24 * MIB
    });
}
