//! Several apps and servers in one process, and HTTP/2.

use std::{
    future::{Ready, ready},
    io,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    App, HttpServer,
    dev::{ServerHandle, Service, ServiceRequest, Transform},
    rt, web,
};
use gds_metrics::GdsMetrics;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::recorded;

fn metrics() -> GdsMetrics {
    GdsMetrics::builder().build().unwrap()
}

/// Runs a server with an app that has these metrics, until the handle stops it.
fn serve(metrics: Vec<GdsMetrics>, h2c: bool) -> (SocketAddr, ServerHandle) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let server = HttpServer::new(move || {
        let scopes = metrics.clone();
        App::new()
            .configure(move |app| {
                // The first one is mounted; the last one records.
                app.service(scopes[0].scope());
            })
            .route("/items/{id}", web::get().to(|| async { "item" }))
            .wrap(metrics[metrics.len() - 1].clone())
    });
    let server = server.workers(2).disable_signals();
    let server = if h2c {
        server.listen_auto_h2c(listener)
    } else {
        server.listen(listener)
    };
    let server = server.unwrap().run();
    let handle = server.handle();
    rt::spawn(server);
    (address, handle)
}

async fn ask(address: SocketAddr, path: &str, host: &str) -> String {
    try_ask(address, path, host).await.unwrap()
}

async fn try_ask(address: SocketAddr, path: &str, host: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    Ok(response)
}

/// Two servers share one set of metrics, as with a private port for `/metrics`.
#[actix_web::test]
async fn servers_that_share_metrics() {
    let shared = metrics();
    let (public, public_handle) = serve(vec![shared.clone()], false);
    let (private, private_handle) = serve(vec![shared.clone()], false);
    ask(public, "/items/1", "shop.example").await;
    ask(private, "/items/2", "shop.internal").await;
    let scrape = ask(private, "/metrics", "shop.internal").await;
    assert!(scrape.contains("host=\"shop.example\""), "{scrape}");
    public_handle.stop(false).await;
    private_handle.stop(false).await;
    assert_eq!(
        recorded(&shared),
        [
            "GET shop.example /items/{id} 200 x1",
            "GET shop.internal /items/{id} 200 x1",
            "GET shop.internal /metrics 200 x1",
        ]
    );
}

/// There is no global state: two instances are independent.
#[actix_web::test]
async fn servers_that_share_nothing() {
    let (one, other) = (metrics(), metrics());
    let (first, first_handle) = serve(vec![one.clone()], false);
    let (second, second_handle) = serve(vec![other.clone()], false);
    ask(first, "/items/1", "shop.example").await;
    ask(second, "/nope", "shop.example").await;
    first_handle.stop(false).await;
    second_handle.stop(false).await;
    assert_eq!(recorded(&one), ["GET shop.example /items/{id} 200 x1"]);
    assert_eq!(recorded(&other), ["GET _other No endpoint 404 x1"]);
}

/// The host is the authority of the URI: HTTP/2 has no `Host` header.
#[actix_web::test]
async fn http2() {
    let metrics = metrics();
    let (address, handle) = serve(vec![metrics.clone()], true);
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut requests, connection) = h2::client::handshake(stream).await.unwrap();
    rt::spawn(connection);
    for path in ["/items/1", "/items/2", "/nope", "/metrics"] {
        let uri = format!("http://Shop.example{path}");
        let request = actix_web::http::uri::Uri::try_from(uri).unwrap();
        let mut head = http::Request::new(());
        *head.uri_mut() = request;
        let (response, _) = requests.send_request(head, true).unwrap();
        let mut body = response.await.unwrap().into_body();
        while let Some(part) = body.data().await {
            let len = part.unwrap().len();
            body.flow_control().release_capacity(len).unwrap();
        }
    }
    // HTTP/1.1 clients use the same port.
    ask(address, "/items/3", "shop.example").await;
    handle.stop(false).await;
    assert_eq!(
        recorded(&metrics),
        [
            "GET shop.example /items/{id} 200 x3",
            "GET shop.example /metrics 200 x1",
            "GET shop.example No endpoint 404 x1",
        ]
    );
}

/// Panics once when it is told to, in the worker itself and not in a request.
#[derive(Clone)]
struct Unready(Arc<AtomicBool>);

impl<S: Service<ServiceRequest>> Transform<S, ServiceRequest> for Unready {
    type Response = S::Response;
    type Error = S::Error;
    type Transform = UnreadyService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(UnreadyService(service, self.clone())))
    }
}

struct UnreadyService<S>(S, Unready);

impl<S: Service<ServiceRequest>> Service<ServiceRequest> for UnreadyService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        assert!(!self.1.0.swap(false, SeqCst), "on purpose");
        self.0.poll_ready(cx)
    }

    fn call(&self, req: ServiceRequest) -> S::Future {
        self.0.call(req)
    }
}

/// Actix restarts a worker that died. No counts are lost.
#[actix_web::test]
async fn a_worker_that_dies() {
    let metrics = metrics();
    let starts = Arc::<AtomicUsize>::default();
    let unready = Unready(Arc::default());
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (served, started, dying) = (metrics.clone(), starts.clone(), unready.clone());
    let server = HttpServer::new(move || {
        started.fetch_add(1, SeqCst);
        App::new()
            .route("/items/{id}", web::get().to(|| async { "item" }))
            .wrap(served.clone())
            .wrap(dying.clone())
    });
    let server = server.workers(1).disable_signals().listen(listener);
    let server = server.unwrap().run();
    let handle = server.handle();
    rt::spawn(server);

    ask(address, "/items/1", "shop.example").await;
    unready.0.store(true, SeqCst);
    let mut answered = 1;
    let restarted = async {
        while starts.load(SeqCst) < 2 || answered < 3 {
            // Connections that the worker had accepted are lost with it.
            let response = try_ask(address, "/items/1", "shop.example").await;
            answered += usize::from(response.is_ok_and(|response| response.contains("200 OK")));
        }
    };
    let limit = Duration::from_secs(20);
    let restarted = rt::time::timeout(limit, restarted).await;
    restarted.expect("a worker that is started again");
    handle.stop(true).await;
    assert_eq!(
        recorded(&metrics),
        [format!("GET shop.example /items/{{id}} 200 x{answered}")]
    );
}
