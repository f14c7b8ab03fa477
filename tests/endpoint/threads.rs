//! A process that can start no more threads.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader, Write as _, stdin, stdout},
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::{self, Child, Command, Stdio},
};

use actix_web::{App, HttpServer, web};
use gds_metrics::{GaugeFn, GdsMetricSet, GdsMetrics};

use crate::support::{
    client::{Client, Response},
    eventually, recorded,
    server::serve,
};

/// Set in the child, which serves until its input ends.
const CHILD: &str = "GDS_METRICS_TEST_THREADS";
const TOKEN_FILE: &str = "METRICS_AUTH_TOKEN_FILE";

#[derive(Clone, Debug, GdsMetricSet)]
struct Asked {
    /// Called on the thread that renders scrapes.
    asked: GaugeFn,
}

#[test]
fn child() {
    if env::var_os(CHILD).is_none() {
        return;
    }
    let metrics = GdsMetrics::from_env().expect("a token's file");
    let asked: Asked = metrics.register().expect("a free name");
    asked.asked.set_fn(|| 7.0);
    let served = metrics.clone();
    let server = serve(move |listener| {
        let factory = move || {
            App::new()
                .service(served.scope())
                .route("/", web::get().to(|| async { "index" }))
                .wrap(served.clone())
        };
        Ok(HttpServer::new(factory).workers(1).listen(listener)?.run())
    });
    println!("serving {}", server.address);
    stdout().flush().expect("the parent reads");
    stdin().lines().for_each(drop);
    println!("recorded {}", recorded(&metrics).join(", "));
}

/// A folder that any user can read, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = env::temp_dir().join(format!("gds-metrics-threads-{}", process::id()));
        fs::create_dir(&folder).expect("a new folder");
        let folder = Self(folder);
        let permissions = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&folder.0, permissions).expect("a folder");
        folder
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Stops the child if the test fails.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a program as a user to whom the limit applies; it does not apply to root.
fn bound(program: impl AsRef<OsStr>) -> Command {
    let user = Command::new("id").arg("-u").output().expect("id");
    if user.stdout.trim_ascii() != b"0" {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]);
    command.arg(program.as_ref());
    command
}

/// Scrapes get an error response, requests are served, and everything works again once threads can
/// be started.
#[test]
#[ignore = "needs setpriv and prlimit"]
fn no_more_threads() {
    let folder = Folder::new();
    let token = folder.0.join("token");
    fs::write(&token, "first").expect("a file");
    let program = folder.0.join("program");
    fs::copy(env::current_exe().expect("this program"), &program).expect("a copy");
    let child = bound(program)
        .args(["--exact", "threads::child", "--nocapture"])
        .envs([(CHILD, "1")])
        .env(TOKEN_FILE, &token)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = Serving(child.expect("setpriv"));
    let mut lines = BufReader::new(child.0.stdout.take().expect("a pipe")).lines();
    let mut said = |what: &str| {
        let texts = lines.by_ref().map(|line| line.expect("text"));
        let mut said = texts.filter_map(|line| Some(line.split_once(what)?.1.to_owned()));
        said.next().expect("a line of the child's")
    };
    let address: SocketAddr = said("serving ").parse().expect("an address");
    let limit_threads = |limit: &str| {
        let limit = format!("--nproc={limit}:");
        let pid = child.0.id().to_string();
        let status = bound("prlimit").args(["--pid", &pid, &limit]).status();
        assert!(status.expect("prlimit").success());
    };
    let scrape = |token: &str| -> Response {
        let mut client = Client::connect(address);
        client.send(format!(
            "GET /metrics HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n"
        ));
        client.response()
    };

    limit_threads("1");
    fs::write(&token, "second").expect("a file");
    for _ in 0..3 {
        let answer = scrape("first");
        assert_eq!((answer.status, answer.text()), (500, ""));
        assert_eq!(Client::connect(address).get("/").text(), "index");
    }
    // The file cannot be read, so the last good token counts.
    assert_eq!(scrape("second").status, 403);

    limit_threads("1000");
    eventually(200, || scrape("second").status);
    let answer = scrape("second");
    assert!(answer.text().contains("\nasked 7.0\n"), "{}", answer.text());
    assert_eq!(scrape("first").status, 403);

    drop(child.0.stdin.take());
    let recorded = said("recorded ");
    assert!(recorded.contains("GET app.example / 200 x3"), "{recorded}");
    assert!(recorded.contains("GET a /metrics 500 x3"), "{recorded}");
}
