//! Connections that end early.

use std::{
    sync::atomic::Ordering::SeqCst,
    thread,
    time::{Duration, Instant},
};

use crate::{
    shop::{Setup, Shop, play},
    support::{client::Client, eventually},
};

fn send(shop: &Shop, request: &str) -> Client {
    let mut client = shop.server.connect();
    client.send(request.replace('\n', "\r\n"));
    client
}

#[test]
fn reset_before_the_head() {
    play(Setup::default(), |shop| {
        let client = send(shop, "GET /wait HTTP/1.1\nHost: app.example\n\n");
        shop.started(1);
        client.reset();
        shop.expect(&["GET app.example /wait 499 x1"], &[], [0.0; 3]);
    });
}

#[test]
fn reset_in_the_upload() {
    play(Setup::default(), |shop| {
        let mut client = send(
            shop,
            "POST /upload HTTP/1.1\nHost: app.example\nContent-Length: 1000\n\n",
        );
        client.send([b'x'; 10]);
        shop.started(1);
        client.reset();
        shop.expect(&["POST app.example /upload 499 x1"], &[], [0.0; 3]);
    });
}

#[test]
fn reset_in_the_body() {
    play(Setup::default(), |shop| {
        let mut client = send(shop, "GET /endless HTTP/1.1\nHost: app.example\n\n");
        assert_eq!(client.head().status, 200);
        assert!(client.chunk().is_some());
        client.reset();
        shop.expect(&["GET app.example /endless 200 x1"], &[], [1.0, 0.0, 0.0]);
    });
}

/// The client does not read, so the server cannot continue to write.
#[test]
fn reset_of_a_body_that_is_not_read() {
    play(Setup::default(), |shop| {
        let client = send(shop, "GET /endless HTTP/1.1\nHost: app.example\n\n");
        shop.started(1);
        client.reset();
        // The head may or may not have been sent before the reset.
        let lines = shop.settle().recorded();
        let heads = ["200", "499"].map(|code| vec![format!("GET app.example /endless {code} x1")]);
        assert!(heads.contains(&lines), "{lines:?}");
    });
}

/// A client that has sent its whole request still gets its response.
#[test]
fn half_close() {
    play(Setup::default(), |shop| {
        // The upload ends only when the server has seen that the connection is half closed.
        let mut client = send(
            shop,
            "POST /upload/gate HTTP/1.1\nHost: app.example\nContent-Length: 1000\n\n12345",
        );
        shop.started(1);
        assert_eq!(shop.traffic.ended_uploads.load(SeqCst), 0);
        client.half_close();
        eventually(1, || shop.traffic.ended_uploads.load(SeqCst));
        assert_eq!(shop.scrape().total(), 0, "still in flight");
        shop.gate.add_permits(1);
        assert_eq!(client.response().text(), "through");
        shop.expect(&["POST app.example /upload/gate 200 x1"], &[], [0.0; 3]);
    });
}

/// If half-closed connections are not allowed, a half-close means that the client has disconnected.
#[test]
fn half_close_not_allowed() {
    let setup = Setup {
        half_closed: false,
        ..Setup::default()
    };
    play(setup, |shop| {
        let mut client = send(shop, "GET /gate HTTP/1.1\nHost: app.example\n\n");
        shop.started(1);
        client.half_close();
        assert!(client.rest().is_empty());
        shop.expect(&["GET app.example /gate 499 x1"], &[], [0.0; 3]);
    });
}

#[test]
fn uploads() {
    play(Setup::default(), |shop| {
        let mut client = send(
            shop,
            "POST /upload HTTP/1.1\nHost: app.example\nContent-Length: 5\n\n12345\
             POST /upload HTTP/1.1\nHost: app.example\nTransfer-Encoding: chunked\n\n3\nabc\n0\n\n\
             POST /upload/unread HTTP/1.1\nHost: app.example\nContent-Length: 5\n\n12345",
        );
        let answers = [(); 3].map(|()| client.response());
        assert_eq!(answers.each_ref().map(|a| a.text()), ["5", "3", "unread"]);
        shop.expect(
            &[
                "POST app.example /upload 200 x2",
                "POST app.example /upload/unread 200 x1",
            ],
            &[],
            [0.0; 3],
        );
    });
}

/// An upload that ends before its announced length.
#[test]
fn half_close_in_the_upload() {
    play(Setup::default(), |shop| {
        let mut client = send(
            shop,
            "POST /upload HTTP/1.1\nHost: app.example\nContent-Length: 1000\n\n12345",
        );
        shop.started(1);
        client.half_close();
        client.rest();
        shop.expect(&["POST app.example /upload 400 x1"], &[], [0.0; 3]);
    });
}

/// In flight while it is open; its lifetime is not a latency.
#[test]
fn websocket() {
    play(Setup::default(), |shop| {
        let mut client = send(
            shop,
            "GET /websocket HTTP/1.1\nHost: app.example\nConnection: Upgrade\nUpgrade: websocket\n\n",
        );
        assert_eq!(client.head().status, 101);
        client.send("ping");
        assert_eq!(client.bytes(4), b"ping");
        assert_eq!(
            shop.scrape().recorded(),
            ["GET app.example /websocket 101 x1"]
        );
        client.reset();
        shop.expect(&["GET app.example /websocket 101 x1"], &[], [0.0; 3]);
    });
}

#[test]
fn event_stream() {
    play(Setup::default(), |shop| {
        let mut client = send(shop, "GET /events HTTP/1.1\nHost: app.example\n\n");
        assert_eq!(client.head().status, 200);
        assert_eq!(client.chunk().as_deref(), Some(&b"data: 1\n\n"[..]));
        assert_eq!(shop.scrape().recorded(), ["GET app.example /events 200 x1"]);
        client.reset();
        shop.expect(&["GET app.example /events 200 x1"], &[], [0.0; 3]);
    });
}

/// The duration of a stream is the time to its head.
#[test]
fn endless_stream() {
    play(Setup::default(), |shop| {
        let begin = Instant::now();
        let mut client = send(shop, "GET /endless HTTP/1.1\nHost: app.example\n\n");
        assert_eq!(client.head().status, 200);
        let head = begin.elapsed().as_secs_f64();
        assert_eq!(
            shop.scrape().recorded(),
            ["GET app.example /endless 200 x1"]
        );
        thread::sleep(Duration::from_millis(50));
        assert!(client.chunk().is_some());
        client.reset();
        shop.expect(&["GET app.example /endless 200 x1"], &[], [1.0, 0.0, 0.0]);
        let name = "http_server_request_duration_seconds_sum";
        let scrape = shop.scrape();
        let sum = scrape.of(name).map(|sample| sample.value).sum::<f64>();
        assert!(sum <= head, "{sum} s, but the head was there in {head} s");
    });
}
