//! Scrapes that wait, clients that do not read, and metrics that do not return, over real sockets
//! and with shorter limits.

// The tests panic on purpose.
#![allow(clippy::panic)]

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    panic::panic_any,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use actix_web::{App, HttpServer, dev::ServerHandle, rt::System, web};

use super::{
    Endpoint, EndpointSettings, MetricsScope,
    access::Access,
    renderer::{INLINE, Renderer},
};
use crate::{
    GdsMetrics,
    error::EncodeError,
    exposition::{Cost, Header, Line, MetricKind, Source, Writer},
};

/// The maximum wait of each test.
const LIMIT: Duration = Duration::from_secs(20);
/// How long a client may stop reading. Within this time, a busy machine must render enough
/// expositions to reach the limit on unread bytes.
const PATIENCE: Duration = Duration::from_secs(4);

/// Writes a family of a given size, and then waits if it is told to.
struct Probe {
    cost: Mutex<Cost>,
    bytes: AtomicUsize,
    /// The number of next calls that panic.
    panics: AtomicUsize,
    /// The number of calls that are waiting.
    inside: AtomicUsize,
    closed: Mutex<bool>,
    opened: Condvar,
    /// The name of the thread that wrote last.
    thread: Mutex<String>,
}

impl Probe {
    fn new(cost: Cost, bytes: usize) -> Arc<Self> {
        Arc::new(Self {
            cost: Mutex::new(cost),
            bytes: AtomicUsize::new(bytes),
            panics: AtomicUsize::new(0),
            inside: AtomicUsize::new(0),
            closed: Mutex::new(false),
            opened: Condvar::new(),
            thread: Mutex::default(),
        })
    }

    fn close(&self, closed: bool) {
        *self.closed.lock().expect("no panic under the lock") = closed;
        self.opened.notify_all();
    }

    fn written_on(&self) -> String {
        self.thread.lock().expect("no panic under the lock").clone()
    }
}

/// Panics when it is dropped, as a panic payload may.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic_any("on purpose");
    }
}

impl Source for Probe {
    fn write(&self, writer: &mut dyn Writer) -> Result<(), EncodeError> {
        let name = thread::current().name().unwrap_or_default().to_owned();
        *self.thread.lock().expect("no panic under the lock") = name;
        writer.family(&Header {
            name: "probe",
            kind: MetricKind::Unknown,
            unit: None,
            help: "Probe",
        });
        let panics = self.panics.load(SeqCst);
        if panics > 0 {
            self.panics.store(panics - 1, SeqCst);
            panic_any(Bomb);
        }
        self.inside.fetch_add(1, SeqCst);
        let closed = self.closed.lock().expect("no panic under the lock");
        drop(self.opened.wait_while(closed, |closed| *closed));
        self.inside.fetch_sub(1, SeqCst);

        let suffix = "x".repeat(10_000);
        for _ in 0..self.bytes.load(SeqCst) / suffix.len() {
            writer.line(&Line {
                suffix: &suffix,
                labels: "",
                value: "1",
                exemplar: None,
                whole: None,
            });
        }
        Ok(())
    }

    fn cost(&self) -> Cost {
        *self.cost.lock().expect("no panic under the lock")
    }
}

struct Server {
    address: SocketAddr,
    handle: ServerHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// A server with one worker that serves the metrics and a page.
fn serve(probe: &Arc<Probe>, deadline: Duration, patience: Duration) -> Server {
    let store = GdsMetrics::builder().build().expect("the defaults");
    let store = Arc::clone(store.store());
    let source = Arc::clone(probe) as Arc<dyn Source>;
    let mut endpoint = Endpoint::new(
        EndpointSettings {
            path: "/metrics".to_owned(),
            access: Access::default(),
            #[cfg(feature = "live-page")]
            live_page: false,
        },
        source,
        Arc::default(),
        store,
    );
    endpoint.renderer = Renderer::new(deadline);
    endpoint.patience = patience;
    let scope = MetricsScope::new(Arc::new(endpoint));

    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("a bound listener");
    let (sender, handle) = mpsc::channel();
    thread::spawn(move || {
        System::new().block_on(async {
            let factory = move || {
                App::new()
                    .service(scope.clone())
                    .route("/", web::get().to(|| async { "index" }))
            };
            let server = HttpServer::new(factory).workers(1).disable_signals();
            let server = server.listen_auto_h2c(listener).expect("a server").run();
            sender.send(server.handle()).expect("the test waits");
            server.await.expect("a clean end");
        });
    });
    let handle = handle.recv_timeout(LIMIT).expect("a started server");
    Server { address, handle }
}

impl Server {
    /// Requests a path, on a connection that the server closes after the response.
    fn ask(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(LIMIT)).expect("a limit");
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("a connection");
        stream
    }

    /// The head of a response.
    fn get(&self, path: &str) -> String {
        head(&rest(self.ask(path)))
    }

    fn status(&self) -> u16 {
        status(&self.get("/metrics"))
    }
}

/// Everything up to the end of the connection.
fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A reset ends the connection as well.
    let _ = stream.read_to_end(&mut bytes);
    bytes
}

fn head(answer: &[u8]) -> String {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let head = answer.get(..end.expect("a whole head")).expect("a head");
    String::from_utf8_lossy(head).to_ascii_lowercase()
}

fn status(head: &str) -> u16 {
    let status = head.split(' ').nth(1).expect("a status");
    status.parse().expect("a status")
}

#[track_caller]
fn eventually(what: &str, mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < LIMIT, "never: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn only_small_scrapes_of_our_own_code_run_on_the_worker() {
    let probe = Probe::new(Cost::Bytes(0), 0);
    let server = serve(&probe, LIMIT, LIMIT);
    for (cost, on_the_worker) in [
        (Cost::Bytes(INLINE), true),
        // The cost decides at once, even if the previous scrape was small.
        (Cost::Bytes(INLINE + 1), false),
        (Cost::Foreign, false),
        (Cost::Bytes(1) + Cost::Bytes(2), true),
        (Cost::Bytes(1) + Cost::Foreign, false),
        (Cost::Foreign + Cost::Bytes(1), false),
        (Cost::Bytes(INLINE) + Cost::Bytes(1), false),
        (Cost::Bytes(INLINE) + Cost::Bytes(usize::MAX), false),
    ] {
        *probe.cost.lock().expect("no panic under the lock") = cost;
        assert_eq!(server.status(), 200);
        let thread = probe.written_on();
        assert_eq!(thread != "gds-metrics-scrape", on_the_worker, "{cost:?}");
    }
}

/// Their expositions are freed, so that other clients get one.
#[test]
fn clients_that_never_read() {
    const BYTES: usize = 16 * 1024 * 1024;
    let probe = Probe::new(Cost::Bytes(BYTES), BYTES);
    let server = serve(&probe, LIMIT, PATIENCE);
    let mut stalled = Vec::new();
    let stalled_at = loop {
        // One after another, so that none is refused for another reason.
        let mut stream = server.ask("/metrics");
        let mut first = [0; 12];
        stream.read_exact(&mut first).expect("a status");
        if first.ends_with(b"503") {
            break Instant::now();
        }
        stalled.push(stream);
        assert!(stalled.len() < 60, "without end");
    };
    assert!(stalled.len() >= 8, "{}", stalled.len());
    eventually("room for others", || server.status() == 200);
    assert!(stalled_at.elapsed() < LIMIT / 2);
    let whole = rest(server.ask("/metrics"));
    assert!(whole.len() > BYTES - BYTES / 100, "{}", whole.len());
    // The response is shorter than its `Content-Length`, so the client can detect the truncation.
    let cut = rest(stalled.remove(0));
    assert!(cut.len() < BYTES / 2, "{}", cut.len());
}

/// An HTTP/2 client with a window of 0 is like a client that never reads.
#[actix_web::test]
async fn streams_without_a_window() {
    const BYTES: usize = 16 * 1024 * 1024;
    let probe = Probe::new(Cost::Bytes(BYTES), BYTES);
    let server = serve(&probe, LIMIT, PATIENCE);
    let stream = TcpStream::connect(server.address).expect("a connection");
    stream.set_nonblocking(true).expect("a connection");
    let stream = actix_web::rt::net::TcpStream::from_std(stream).expect("a connection");
    let mut builder = h2::client::Builder::new();
    let handshake = builder
        .initial_window_size(0)
        .handshake::<_, web::Bytes>(stream);
    let (mut requests, connection) = handshake.await.expect("a connection");
    actix_web::rt::spawn(connection);

    let mut bodies = Vec::new();
    loop {
        let request = http::Request::get(format!("http://{}/metrics", server.address));
        let request = request.body(()).expect("a request");
        let (response, _) = requests.send_request(request, true).expect("a stream");
        let response = response.await.expect("a response");
        if response.status() == 503 {
            break;
        }
        bodies.push(response.into_body());
        assert!(bodies.len() < 60, "without end");
    }
    assert!(bodies.len() >= 8, "{}", bodies.len());
    web::block(move || eventually("room for others", || server.status() == 200))
        .await
        .expect("a result");
}

#[test]
fn a_family_that_does_not_return() {
    let probe = Probe::new(Cost::Foreign, 10_000);
    let deadline = Duration::from_millis(300);
    let server = serve(&probe, deadline, LIMIT);
    assert_eq!(server.status(), 200);

    probe.close(true);
    let begin = Instant::now();
    let waiting: Vec<_> = (0..5).map(|_| server.ask("/metrics")).collect();
    eventually("a scrape that is written", || {
        probe.inside.load(SeqCst) == 1
    });
    for answer in waiting.into_iter().map(rest) {
        let head = head(&answer);
        assert!(begin.elapsed() >= deadline);
        assert_eq!(status(&head), 503);
        assert!(head.contains("retry-after: 1"), "{head}");
    }
    assert_eq!(status(&server.get("/")), 200);

    // Each thread that hangs is left behind, and another one takes over, up to a limit.
    for threads in 2..=4 {
        thread::sleep(deadline);
        assert_eq!(server.status(), 503);
        eventually("another thread", || probe.inside.load(SeqCst) == threads);
    }
    thread::sleep(deadline);
    assert_eq!(server.status(), 503);
    assert_eq!(probe.inside.load(SeqCst), 4);

    probe.close(false);
    eventually("scrapes again", || server.status() == 200);
    eventually("the end of all", || probe.inside.load(SeqCst) == 0);
}

/// A family that hung once may return the next time.
#[test]
fn a_thread_that_was_left_behind() {
    let probe = Probe::new(Cost::Foreign, 10_000);
    let deadline = Duration::from_millis(300);
    let server = serve(&probe, deadline, LIMIT);
    for _ in 0..8 {
        probe.close(true);
        assert_eq!(server.status(), 503);
        probe.close(false);
        eventually("its return", || probe.inside.load(SeqCst) == 0);
        assert_eq!(server.status(), 200);
    }
}

/// The scrape fails, and the thread continues.
#[test]
fn a_panic_that_panics_when_it_is_dropped() {
    let probe = Probe::new(Cost::Foreign, 10_000);
    let server = serve(&probe, LIMIT, LIMIT);
    for cost in [Cost::Foreign, Cost::Bytes(1)] {
        *probe.cost.lock().expect("no panic under the lock") = cost;
        for _ in 0..3 {
            probe.panics.store(1, SeqCst);
            assert_eq!(server.status(), 500);
            assert_eq!(server.status(), 200);
        }
    }
}
