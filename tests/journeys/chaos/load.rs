//! Ten thousand requests during scrapes: none is lost, and none is counted twice.

use std::{
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
    time::Duration,
};

use crate::{
    shop::{Setup, play},
    support::exposition::Scrape,
};

const CLIENTS: usize = 8;
const REQUESTS: usize = 1_250;

#[test]
fn ten_thousand_requests_over_four_workers() {
    let setup = Setup {
        workers: 4,
        ..Setup::default()
    };
    play(setup, |shop| {
        let server = &shop.server;
        // The host gets a number from a request with a route; `/nope` has none.
        assert_eq!(server.connect().get("/metrics").status, 200);
        let over = AtomicBool::new(false);
        let scrapes = thread::scope(|scope| {
            let scraper = scope.spawn(|| {
                let mut client = server.connect();
                let (mut scrapes, mut before) = (1, 0);
                while !over.load(SeqCst) {
                    let answer = client.get("/metrics");
                    assert_eq!(answer.status, 200);
                    let scrape = Scrape::parse(answer.text());
                    scrape.check();
                    assert!(scrape.total() >= before, "a counter fell");
                    before = scrape.total();
                    scrapes += 1;
                    thread::sleep(Duration::from_millis(2));
                }
                scrapes
            });
            let clients: Vec<_> = (0..CLIENTS)
                .map(|client| {
                    scope.spawn(move || {
                        let mut connection = server.connect();
                        for request in 0..REQUESTS {
                            let path =
                                ["/ok", "/users/1", "/nope", "/error"][(client + request) % 4];
                            connection.get(path);
                        }
                    })
                })
                .collect();
            for client in clients {
                client.join().expect("a client");
            }
            over.store(true, SeqCst);
            scraper.join().expect("a scraper")
        });
        assert!(scrapes > 10, "{scrapes} scrapes");
        shop.expect(
            &[
                "GET app.example /error 502 x2500",
                &format!("GET app.example /metrics 200 x{scrapes}"),
                "GET app.example /ok 200 x2500",
                "GET app.example /users/{id} 200 x2500",
                "GET app.example No endpoint 404 x2500",
            ],
            &["error x2500"],
            [0.0; 3],
        );
    });
}
