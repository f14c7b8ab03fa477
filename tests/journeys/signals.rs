//! Requests in flight when a signal stops the process, as a platform does.
//!
//! This test is a separate binary, because signals apply to the whole process.

#![cfg(unix)]
#![allow(missing_docs, clippy::panic, clippy::float_cmp)]

#[path = "../support/mod.rs"]
mod support;

use std::{
    process::{self, Command},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use actix_web::{App, HttpServer, web};
use tokio::sync::Semaphore;

use crate::support::{eventually, metrics, recorded, server::serve};

#[test]
fn requests_in_flight_are_recorded() {
    for (signal, answer, expected) in [
        ("TERM", "through", "GET app.example /gate 200 x1"),
        ("INT", "", "GET app.example /gate 499 x1"),
    ] {
        let metrics = metrics();
        let reached = Arc::new(AtomicBool::new(false));
        let gate = Arc::new(Semaphore::new(0));
        let mut server = serve({
            let (metrics, reached, gate) = (metrics.clone(), reached.clone(), gate.clone());
            move |listener| {
                let handler = move || {
                    let (reached, gate) = (reached.clone(), gate.clone());
                    async move {
                        reached.store(true, SeqCst);
                        gate.acquire().await.expect("it is never closed").forget();
                        "through"
                    }
                };
                let app = move || {
                    App::new()
                        .route("/gate", web::get().to(handler.clone()))
                        .wrap(metrics.clone())
                };
                Ok(HttpServer::new(app).workers(1).listen(listener)?.run())
            }
        });
        let mut client = server.connect();
        client.send("GET /gate HTTP/1.1\r\nHost: app.example\r\n\r\n");
        eventually(true, || reached.load(SeqCst));

        let kill = Command::new("sh")
            .args(["-c", &format!("kill -{signal} {}", process::id())])
            .status();
        assert!(kill.expect("there is a shell").success());
        if signal == "TERM" {
            // The server waits for the request.
            eventually(true, || {
                std::net::TcpStream::connect(server.address).is_err()
            });
            gate.add_permits(1);
            assert_eq!(client.response().text(), answer);
        } else {
            assert_eq!(client.rest(), answer.as_bytes());
        }
        server.join();
        assert_eq!(recorded(&metrics), [expected], "SIG{signal}");
    }
}
