//! HTTP/2 without TLS, by prior knowledge.

use actix_web::{rt::System, web::Bytes};
use gds_metrics::LabelNames;
use h2::{Reason, client::SendRequest};
use http::{Request, Response};
use tokio::net::TcpStream;

use crate::shop::{Setup, Shop, play};

const H2C: Setup = Setup {
    workers: 2,
    extended: false,
    half_closed: true,
    h2c: true,
    grace: 20,
    names: LabelNames::Gds,
};

type Requests = SendRequest<Bytes>;

async fn connect(shop: &Shop) -> Requests {
    let stream = TcpStream::connect(shop.server.address).await;
    let handshake = h2::client::Builder::new().handshake::<_, Bytes>(stream.expect("a connection"));
    let (requests, connection) = handshake.await.expect("HTTP/2");
    actix_web::rt::spawn(connection);
    requests.ready().await.expect("a connection")
}

fn get(path: &str) -> Request<()> {
    let uri = format!("http://App.example:8080{path}");
    Request::get(uri).body(()).expect("a request")
}

async fn read(response: Response<h2::RecvStream>) -> usize {
    let (mut len, mut body) = (0, response.into_body());
    while let Some(part) = body.data().await {
        let part = part.expect("a part");
        body.flow_control()
            .release_capacity(part.len())
            .expect("a stream");
        len += part.len();
    }
    len
}

/// The host is the authority of the URI; a `Host` header, if there is one, takes precedence.
#[test]
fn requests() {
    play(H2C, |shop| {
        System::new().block_on(async {
            let mut requests = connect(shop).await;
            for (path, header, status, len) in [
                ("/ok", None, 200, 2),
                ("/stream/5", None, 200, 5 * 1024),
                ("/ok", Some("header.example"), 200, 2),
                ("/error", None, 502, 10),
            ] {
                let mut request = get(path);
                if let Some(host) = header {
                    let host = host.parse().expect("a header");
                    request.headers_mut().insert("host", host);
                }
                let (response, _) = requests.send_request(request, true).expect("a stream");
                let response = response.await.expect("a response");
                assert_eq!(response.status(), status);
                assert_eq!(read(response).await, len);
            }
        });
        shop.expect(
            &[
                "GET app.example:8080 /error 502 x1",
                "GET app.example:8080 /ok 200 x1",
                "GET app.example:8080 /stream/{chunks} 200 x1",
                "GET header.example /ok 200 x1",
            ],
            &["error x1"],
            [0.0; 3],
        );
    });
}

#[test]
fn many_streams() {
    play(H2C, |shop| {
        System::new().block_on(async {
            let mut requests = connect(shop).await;
            let mut responses = Vec::new();
            for user in 0..100 {
                requests = requests.ready().await.expect("a connection");
                let request = get(&format!("/users/{user}"));
                let (response, _) = requests.send_request(request, true).expect("a stream");
                responses.push(response);
            }
            for response in responses {
                assert_eq!(response.await.expect("a response").status(), 200);
            }
        });
        shop.expect(
            &["GET app.example:8080 /users/{id} 200 x100"],
            &[],
            [0.0; 3],
        );
    });
}

/// Actix lets a handler finish when its stream is reset, so its status counts.
#[test]
fn reset_before_the_head() {
    play(H2C, |shop| {
        System::new().block_on(async {
            let mut requests = connect(shop).await;
            let (response, mut stream) = requests
                .send_request(get("/gate"), false)
                .expect("a stream");
            let other = requests.send_request(get("/ok"), true).expect("a stream");
            assert_eq!(other.0.await.expect("a response").status(), 200);
            stream.send_reset(Reason::CANCEL);
            assert!(response.await.is_err());
            shop.gate.add_permits(1);
            shop.expect(
                &[
                    "GET app.example:8080 /gate 200 x1",
                    "GET app.example:8080 /ok 200 x1",
                ],
                &[],
                [0.0; 3],
            );
        });
    });
}

#[test]
fn reset_in_the_body() {
    play(H2C, |shop| {
        System::new().block_on(async {
            let mut requests = connect(shop).await;
            let (response, mut stream) = requests
                .send_request(get("/endless"), false)
                .expect("a stream");
            let mut body = response.await.expect("a response").into_body();
            assert!(body.data().await.is_some());
            stream.send_reset(Reason::CANCEL);
            // The reset is sent when the connection is polled again.
            let other = requests.send_request(get("/ok"), true).expect("a stream");
            assert_eq!(other.0.await.expect("a response").status(), 200);
        });
        shop.expect(
            &[
                "GET app.example:8080 /endless 200 x1",
                "GET app.example:8080 /ok 200 x1",
            ],
            &[],
            [1.0, 0.0, 0.0],
        );
    });
}

/// A panic ends its own stream, but not the others of the connection.
#[test]
fn panics() {
    play(H2C, |shop| {
        System::new().block_on(async {
            let mut requests = connect(shop).await;
            for path in ["/panic/later", "/body/panic"] {
                let (response, _) = requests.send_request(get(path), true).expect("a stream");
                if let Ok(response) = response.await {
                    let mut body = response.into_body();
                    while let Some(Ok(_)) = body.data().await {}
                }
            }
            let (response, _) = requests.send_request(get("/ok"), true).expect("a stream");
            assert_eq!(response.await.expect("a response").status(), 200);
        });
        shop.expect(
            &[
                "GET app.example:8080 /body/panic 200 x1",
                "GET app.example:8080 /ok 200 x1",
                "GET app.example:8080 /panic/later 500 x1",
            ],
            &["panic x1"],
            [0.0, 0.0, 1.0],
        );
    });
}
