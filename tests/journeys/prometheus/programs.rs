//! Runs the programs that are tested.

use std::{
    env,
    io::Write as _,
    net::SocketAddr,
    process::{self, Command, Stdio},
    thread,
};

use serde_json::Value;

use crate::{
    http,
    running::{Running, example},
    store::Folder,
};

pub(crate) const TOKEN: &str = "5a1d0b1e-token";

/// The quickstart, guarded by [`TOKEN`].
pub(crate) struct Quickstart {
    _running: Running,
    pub(crate) address: SocketAddr,
}

impl Quickstart {
    pub(crate) fn start() -> Self {
        let mut command = example("quickstart");
        command.env("METRICS_AUTH_TOKEN", TOKEN);
        let (running, address) = Running::start(&mut command, |line| {
            line.strip_prefix("Listening on http://")?.parse().ok()
        });
        Self {
            _running: running,
            address,
        }
    }

    pub(crate) fn scrape(&self, accept: &str) -> http::Response {
        let token = format!("Bearer {TOKEN}");
        let headers = [("Authorization", token.as_str()), ("Accept", accept)];
        http::get(self.address, "/metrics", &headers)
    }
}

/// The findings of `promtool check metrics`; empty if there are none.
pub(crate) fn promtool(exposition: &str) -> String {
    let mut command = Command::new("promtool");
    let output = run(command.args(["check", "metrics"]), exposition);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(
        output.status.success() || !said.is_empty(),
        "promtool: {}",
        output.status
    );
    said
}

/// The findings of `promtool check config`; empty if there are none. The files that the
/// configuration names need not exist.
pub(crate) fn promtool_check_config(config: &str) -> String {
    let folder = Folder::new();
    let path = folder.write("prometheus.yml", config);
    let mut command = Command::new("promtool");
    let output = run(
        command.args(["check", "config", "--syntax-only"]).arg(path),
        "",
    );
    if output.status.success() {
        return String::new();
    }
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

/// The version that a program prints.
pub(crate) fn version(program: &str) -> String {
    let output = run(Command::new(program).arg("--version"), "");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

/// Runs a Python script that can use `prometheus_client`, and reads the JSON that it prints.
pub(crate) fn python(script: &str, input: &str) -> Value {
    let python = env::var_os("GDS_METRICS_PYTHON").unwrap_or_else(|| "python3".into());
    let output = run(Command::new(python).args(["-c", script]), input);
    assert!(
        output.status.success(),
        "{}\nof\n{input}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("the script prints JSON")
}

fn run(command: &mut Command, input: &str) -> process::Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("it is piped");
    let input = input.to_owned();
    // Written on a thread: the program may respond before it has read everything.
    let writer = thread::spawn(move || {
        let _ = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("it does not panic");
    output
}
