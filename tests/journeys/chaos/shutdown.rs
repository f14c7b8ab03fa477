//! Requests in flight when the server stops.

use std::net::TcpStream;

use crate::{
    shop::{Setup, play},
    support::eventually,
};

const GATE: &str = "GET /gate HTTP/1.1\r\nHost: app.example\r\n\r\n";

/// A request that ends within the grace period is answered and recorded.
#[test]
fn graceful() {
    play(Setup::default(), |shop| {
        let mut client = shop.server.connect();
        client.send(GATE);
        shop.started(1);
        shop.server.begin_stop(true);
        // New connections are refused.
        let address = shop.server.address;
        eventually(true, || TcpStream::connect(address).is_err());
        shop.gate.add_permits(1);
        assert_eq!(client.response().text(), "through");
        shop.server.join();
        shop.expect(&["GET app.example /gate 200 x1"], &[], [0.0; 3]);
    });
}

/// A request that lasts longer is dropped at the end of the grace period, without a head.
#[test]
fn beyond_the_grace_period() {
    let setup = Setup {
        grace: 1,
        ..Setup::default()
    };
    play(setup, |shop| {
        let mut client = shop.server.connect();
        client.send(GATE);
        shop.started(1);
        shop.server.begin_stop(true);
        assert!(client.rest().is_empty());
        shop.server.join();
        shop.expect(&["GET app.example /gate 499 x1"], &[], [0.0; 3]);
    });
}

#[test]
fn forced() {
    play(Setup::default(), |shop| {
        let mut gate = shop.server.connect();
        gate.send(GATE);
        let mut events = shop.server.connect();
        events.send("GET /events HTTP/1.1\r\nHost: app.example\r\n\r\n");
        assert_eq!(events.head().status, 200);
        shop.started(2);
        shop.server.begin_stop(false);
        assert!(gate.rest().is_empty());
        shop.server.join();
        shop.expect(
            &[
                "GET app.example /events 200 x1",
                "GET app.example /gate 499 x1",
            ],
            &[],
            [0.0; 3],
        );
    });
}
