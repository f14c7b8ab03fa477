//! A server on a loopback port that runs for the duration of a test.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::mpsc,
    thread::{self, JoinHandle},
};

use actix_web::{
    dev::{self, ServerHandle},
    rt::System,
};

use super::{LIMIT, client::Client};

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

/// Runs the server that `start` creates for the listener.
pub(crate) fn serve(
    start: impl FnOnce(TcpListener) -> io::Result<dev::Server> + Send + 'static,
) -> Server {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("a bound listener");
    let (sender, handle) = mpsc::channel();
    let thread = thread::spawn(move || {
        System::new().block_on(async {
            let server = start(listener).expect("a server");
            sender.send(server.handle()).expect("the test waits");
            server.await.expect("a clean end");
        });
    });
    let handle = handle.recv_timeout(LIMIT).expect("a started server");
    Server {
        address,
        handle,
        thread: Some(thread),
    }
}

impl Server {
    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// Sends one request on a new connection and returns the complete response.
    pub(crate) fn ask(&self, request: impl AsRef<[u8]>) -> super::client::Response {
        let mut client = self.connect();
        client.send(request);
        client.response()
    }

    /// Tells the server to stop, like SIGTERM (graceful) or SIGINT.
    pub(crate) fn begin_stop(&self, graceful: bool) {
        drop(self.handle.stop(graceful));
    }

    /// Waits until the server has stopped.
    pub(crate) fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().expect("a clean end");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.begin_stop(false);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
