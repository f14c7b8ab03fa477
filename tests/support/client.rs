//! A client that sends arbitrary bytes and can misbehave.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

use socket2::SockRef;

use super::LIMIT;

#[derive(Debug)]
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self
            .headers
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let value = found.next().map(|(_, value)| &**value);
        assert_eq!(found.next(), None, "{name} twice");
        value
    }

    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("text")
    }
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("a connection");
        stream.set_read_timeout(Some(LIMIT)).expect("a limit");
        stream.set_write_timeout(Some(LIMIT)).expect("a limit");
        Self {
            stream: BufReader::new(stream),
        }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).expect("a server that reads");
    }

    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes.as_ref())
    }

    /// Sends a `GET` and keeps the connection open.
    pub(crate) fn get(&mut self, path: &str) -> Response {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: app.example\r\n\r\n"));
        self.response()
    }

    /// The head of the next response.
    pub(crate) fn head(&mut self) -> Response {
        self.try_head().expect("a response")
    }

    /// The head of the next response. `None` if the server closes the connection instead.
    pub(crate) fn try_head(&mut self) -> Option<Response> {
        let mut response = Response::default();
        let status = self.line()?;
        let code = status.split(' ').nth(1).expect("a status");
        response.status = code.parse().expect("a status");
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Some(response);
            }
            let (name, value) = line.split_once(':').expect("a header");
            let value = value.trim_ascii().to_owned();
            response.headers.push((name.to_owned(), value));
        }
    }

    /// The next response with its complete body.
    pub(crate) fn response(&mut self) -> Response {
        let mut response = self.head();
        if matches!(response.status, 100..=199 | 204 | 304) {
        } else if let Some(len) = response.header("content-length") {
            response.body = vec![0; len.parse().expect("a length")];
            self.stream
                .read_exact(&mut response.body)
                .expect("a whole body");
        } else if response.header("transfer-encoding").is_some() {
            while let Some(mut chunk) = self.chunk() {
                response.body.append(&mut chunk);
            }
        } else {
            self.stream
                .read_to_end(&mut response.body)
                .expect("a whole body");
        }
        response
    }

    /// The next response, if it begins within the time limit.
    pub(crate) fn response_within(&mut self, limit: Duration) -> Option<Response> {
        let stream = self.stream.get_ref();
        stream.set_read_timeout(Some(limit)).expect("a limit");
        let begun = self.stream.fill_buf().is_ok_and(|bytes| !bytes.is_empty());
        let stream = self.stream.get_ref();
        stream.set_read_timeout(Some(LIMIT)).expect("a limit");
        begun.then(|| self.response())
    }

    /// The next chunk of a chunked body. `None` after the last one.
    pub(crate) fn chunk(&mut self) -> Option<Vec<u8>> {
        self.try_chunk().expect("a chunk")
    }

    fn try_chunk(&mut self) -> Option<Option<Vec<u8>>> {
        let len = usize::from_str_radix(&self.line()?, 16).expect("a length");
        let mut chunk = vec![0; len];
        self.stream.read_exact(&mut chunk).ok()?;
        self.line()?;
        Some(Some(chunk).filter(|chunk| !chunk.is_empty()))
    }

    /// Whether the connection ends before the last chunk of the body.
    pub(crate) fn is_cut(&mut self) -> bool {
        loop {
            match self.try_chunk() {
                Some(Some(_)) => {}
                Some(None) => return false,
                None => return true,
            }
        }
    }

    /// Reads until the server closes the connection.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset also ends the connection.
        let _ = self.stream.read_to_end(&mut rest);
        rest
    }

    /// Reads exactly this many bytes.
    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.stream.read_exact(&mut bytes).expect("bytes");
        bytes
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) | Err(_) => return None,
            Ok(_) => {}
        }
        Some(line.trim_end().to_owned())
    }

    /// Closes the sending direction. The response can still be read.
    pub(crate) fn half_close(&self) {
        let stream = self.stream.get_ref();
        stream.shutdown(Shutdown::Write).expect("a connection");
    }

    /// Closes the connection with a RST.
    pub(crate) fn reset(self) {
        let stream = self.stream.into_inner();
        SockRef::from(&stream)
            .set_linger(Some(Duration::ZERO))
            .expect("a connection");
    }
}
