//! Handlers, middlewares and bodies that fail while the client behaves correctly.

use crate::{
    shop::{Setup, play},
    support::client::Client,
};

/// Each row: the path, a header, what the client sees (`nothing`: the connection ends without a
/// response, `cut`: the body ends with the connection), what is recorded, the exception, and the
/// reason why a body is counted as truncated.
pub(crate) const TABLE: [&str; 17] = [
    "/ok          |                    | 200     | /ok 200              |       |",
    "/empty       |                    | 204     | /empty 204           |       |",
    "/stream/9    |                    | 200     | /stream/{chunks} 200 |       |",
    "/error       |                    | 502     | /error 502           | error |",
    "/panic       |                    | nothing | /panic 500           | panic |",
    "/panic/later |                    | nothing | /panic/later 500     | panic |",
    "/ok          | panic-at-once: yes | nothing | /ok 500              | panic |",
    "/body/error  |                    | cut     | /body/error 200      |       | body_error",
    "/body/panic  |                    | cut     | /body/panic 200      |       | panic",
    "/users/1     | inner: err         | 503     | /users/{id} 503      | error |",
    "/users/1     | inner: late err    | 403     | /users/{id} 403      |       |",
    "/wait        | inner: timeout     | 504     | /wait 504            | error |",
    "/ok          | inner: rewrite     | 418     | /ok 418              |       |",
    // An outer middleware answers: no head left the metrics' middleware.
    "/wait        | outer: timeout     | 504     | /wait 499            |       |",
    "/ok          | outer: late err    | 403     | /ok 200              |       |",
    "/stream/9    | outer: late err    | 403     | /stream/{chunks} 200 |       |",
    "/ok          | outer: rewrite     | 418     | /ok 200              |       |",
];

#[test]
fn each_failure_alone() {
    let one_worker = Setup {
        workers: 1,
        ..Setup::default()
    };
    for row in TABLE.map(Row::parse) {
        play(one_worker, |shop| {
            println!("{row:?}");
            row.send(&mut shop.server.connect(), "");
            let line = format!("{} x1", row.line);
            let exception = row.exception.map(|kind| format!("{kind} x1"));
            shop.expect(
                &[&line],
                exception.as_deref().as_slice(),
                REASONS.map(|reason| f64::from(u8::from(Some(reason) == row.reason))),
            );
            // The only worker is still running.
            assert_eq!(shop.server.connect().get("/ok").status, 200);
        });
    }
}

/// The reasons why a body may be truncated.
pub(crate) const REASONS: [&str; 3] = ["client", "body_error", "panic"];

#[derive(Debug)]
pub(crate) struct Row {
    path: &'static str,
    header: &'static str,
    seen: &'static str,
    pub(crate) line: String,
    pub(crate) exception: Option<&'static str>,
    pub(crate) reason: Option<&'static str>,
}

impl Row {
    pub(crate) fn parse(row: &'static str) -> Self {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let [path, header, seen, line, exception, reason] = columns[..] else {
            panic!("six columns: {row}")
        };
        Self {
            path,
            header: if header.is_empty() { "x: y" } else { header },
            seen,
            line: format!("GET app.example {line}"),
            exception: Some(exception).filter(|kind| !kind.is_empty()),
            reason: Some(reason).filter(|reason| !reason.is_empty()),
        }
    }

    /// Sends the request, and returns whether the connection can be used again.
    pub(crate) fn send(&self, client: &mut Client, more_headers: &str) -> bool {
        client.send(format!(
            "GET {} HTTP/1.1\r\nHost: app.example\r\n{}\r\n{more_headers}\r\n",
            self.path, self.header
        ));
        match self.seen {
            "nothing" => assert!(client.rest().is_empty()),
            "cut" => {
                assert_eq!(client.head().status, 200);
                assert!(client.is_cut());
            }
            status => {
                assert_eq!(client.response().status.to_string(), status);
                return true;
            }
        }
        false
    }
}
