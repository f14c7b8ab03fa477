//! The metrics over TLS, with HTTP/1.1 and HTTP/2.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::Arc,
};

use actix_web::{App, HttpServer, rt, rt::System, web};
use gds_metrics::{GdsMetrics, GdsMetricsBuilder};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName},
};
use tokio_rustls::TlsConnector;

use crate::support::{
    LIMIT, recorded,
    server::{Server, serve},
};

const HOST: &str = "app.example";

/// A server with one worker that uses TLS, and the certificate that its clients trust.
fn serve_tls(metrics: &GdsMetrics) -> (Server, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed([HOST.to_owned()]).expect("a name");
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has TLS 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("the certificate's key");
    let metrics = metrics.clone();
    let server = serve(move |listener| {
        let factory = move || {
            App::new()
                .service(metrics.scope())
                .route("/items/{id}", web::get().to(|| async { "item" }))
                .wrap(metrics.clone())
        };
        let server = HttpServer::new(factory).workers(1);
        Ok(server.listen_rustls_0_23(listener, config)?.run())
    });
    (server, certificate)
}

fn client_config(certificate: &CertificateDer<'static>, protocol: &[u8]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).expect("a certificate");
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has TLS 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    Arc::new(config)
}

/// Status and body of one request over HTTP/1.1, with the token if there is one.
fn ask_http1(
    address: SocketAddr,
    certificate: &CertificateDer<'static>,
    path: &str,
    token: Option<&str>,
) -> (u16, String) {
    let stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(LIMIT)).expect("a limit");
    let name = ServerName::try_from(HOST).expect("a name");
    let client = ClientConnection::new(client_config(certificate, b"http/1.1"), name);
    let mut stream = StreamOwned::new(client.expect("a client"), stream);
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
    let token = token.unwrap_or_default();
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{token}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a connection");
    let mut answer = Vec::new();
    // Actix may close the connection without TLS's `close_notify`.
    let _ = stream.read_to_end(&mut answer);
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    let answer = String::from_utf8(answer).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
    let status = head.split(' ').nth(1).expect("a status");
    (status.parse().expect("a status"), body.to_owned())
}

/// The same over HTTP/2.
fn ask_http2(
    address: SocketAddr,
    certificate: &CertificateDer<'static>,
    path: &str,
    token: Option<&str>,
) -> (u16, String) {
    let connector = TlsConnector::from(client_config(certificate, b"h2"));
    let name = ServerName::try_from(HOST).expect("a name");
    let work = async {
        let stream = tokio::net::TcpStream::connect(address).await;
        let stream = connector.connect(name, stream.expect("a connection")).await;
        let stream = stream.expect("a certificate that is trusted");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (mut requests, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
        rt::spawn(connection);
        let mut request = http::Request::get(format!("https://{HOST}{path}"));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(()).expect("a request");
        let (response, _) = requests.send_request(request, true).expect("a stream");
        let response = response.await.expect("a response");
        let status = response.status().as_u16();
        let (mut text, mut body) = (Vec::new(), response.into_body());
        while let Some(part) = body.data().await {
            let part = part.expect("a part");
            let window = body.flow_control();
            window.release_capacity(part.len()).expect("a stream");
            text.extend_from_slice(&part);
        }
        (status, String::from_utf8(text).expect("text"))
    };
    let work = async { rt::time::timeout(LIMIT, work).await.expect("an answer") };
    System::new().block_on(work)
}

type Ask = fn(SocketAddr, &CertificateDer<'static>, &str, Option<&str>) -> (u16, String);

fn metrics(settings: GdsMetricsBuilder) -> GdsMetrics {
    let settings = settings.bearer_token("secret");
    settings.build().expect("the settings are right")
}

#[test]
fn counts_and_the_token() {
    for ask in [ask_http1 as Ask, ask_http2] {
        let metrics = metrics(GdsMetrics::builder());
        let (server, certificate) = serve_tls(&metrics);
        let ask = |path, token| ask(server.address, &certificate, path, token);
        assert_eq!(ask("/items/1", None), (200, "item".to_owned()));
        assert_eq!(ask("/items/2", None), (200, "item".to_owned()));
        assert_eq!(ask("/metrics", None), (401, String::new()));
        assert_eq!(ask("/metrics", Some("wrong")), (403, String::new()));
        let (status, exposition) = ask("/metrics", Some("secret"));
        assert_eq!(status, 200);
        let line = "http_server_requests_total{method=\"GET\",host=\"app.example\",\
                    path=\"/items/{id}\",code=\"200\"} 2\n";
        assert!(exposition.contains(line), "{exposition}");
        assert_eq!(
            recorded(&metrics),
            [
                "GET app.example /items/{id} 200 x2",
                "GET app.example /metrics 200 x1",
                "GET app.example /metrics 401 x1",
                "GET app.example /metrics 403 x1",
            ]
        );
    }
}

#[test]
fn the_address_list() {
    for (range, expected) in [("127.0.0.0/8", 200), ("192.0.2.0/24", 403)] {
        let metrics = metrics(GdsMetrics::builder().allow_ips([range]));
        let (server, certificate) = serve_tls(&metrics);
        for ask in [ask_http1 as Ask, ask_http2] {
            let (status, _) = ask(server.address, &certificate, "/metrics", Some("secret"));
            assert_eq!(status, expected, "{range}");
        }
    }
}

/// Actix closes such a connection before any middleware sees a request.
#[test]
fn a_failed_handshake_is_not_recorded() {
    let metrics = metrics(GdsMetrics::builder());
    let (server, certificate) = serve_tls(&metrics);
    let mut client = server.connect();
    client.send("GET /items/1 HTTP/1.1\r\nHost: app.example\r\n\r\n");
    client.rest();
    let (status, _) = ask_http1(server.address, &certificate, "/items/1", None);
    assert_eq!(status, 200);
    assert_eq!(recorded(&metrics), ["GET app.example /items/{id} 200 x1"]);
}
