//! The caps hold when several workers reach them at the same time.

use std::thread;

use actix_web::{App, HttpServer, web};
use gds_metrics::{Format, GdsMetrics};

use crate::{
    flood::ALONE,
    model::{ROUTES, Request},
    support::{exposition::Scrape, random::Random, server::serve},
};

const CLIENTS: usize = 8;
const REQUESTS: usize = 250;
const MAX_HOSTS: usize = 5;
const MAX_LABEL_SETS: usize = 60;

#[test]
fn caps_hold_across_workers() {
    let _alone = ALONE.lock();
    let metrics = GdsMetrics::builder()
        .max_hosts(MAX_HOSTS)
        .max_label_sets(MAX_LABEL_SETS)
        .build()
        .expect("caps");
    let served = metrics.clone();
    let server = serve(move |listener| {
        let factory = move || {
            App::new()
                .configure(|config| {
                    for route in 0..ROUTES {
                        let route = format!("/r{route}/{{id}}");
                        config.route(&route, web::to(|| async { "ok" }));
                    }
                })
                .wrap(served.clone())
        };
        Ok(HttpServer::new(factory).workers(4).listen(listener)?.run())
    });
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let server = &server;
            scope.spawn(move || {
                let mut random = Random::new(client as u64);
                let mut connection = server.connect();
                for _ in 0..REQUESTS {
                    let Request { host, path, .. } = Request::random(&mut random);
                    let head = format!("GET {path} HTTP/1.1\r\nHost: ");
                    connection.send([head.as_bytes(), &host, b"\r\n\r\n"].concat());
                    connection.response();
                }
            });
        }
    });

    let scrape = Scrape::parse(&metrics.encode(Format::Text).expect("an exposition"));
    scrape.check();
    assert_eq!(scrape.total(), (CLIENTS * REQUESTS) as u64);
    assert!(scrape.folded("host") > 0.0);
    let lines = scrape.recorded();
    // One method and two statuses.
    assert!(lines.len() <= 2 * MAX_LABEL_SETS + 2, "{}", lines.len());
    let hosts: std::collections::BTreeSet<_> = scrape
        .of("http_server_requests_total")
        .map(|sample| &*sample.labels["host"])
        .filter(|host| !matches!(*host, "_other" | "_invalid"))
        .collect();
    assert_eq!(hosts.len(), MAX_HOSTS);
}
