//! Running the programs that the tests are about.

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Read, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::{Samples, http, wait_for};

pub(crate) const TOKEN: &str = "5a1d0b1e-token";
const SECOND: Duration = Duration::from_secs(1);

/// A program that is ended with the test, whatever becomes of that.
struct Running {
    child: Child,
    /// What it has written so far.
    log: Arc<Mutex<String>>,
}

impl Running {
    /// Starts a program and waits until a line of its output says where it listens.
    fn start(
        command: &mut Command,
        stderr: bool,
        address: fn(&str) -> Option<SocketAddr>,
    ) -> (Self, SocketAddr) {
        let (out, err) = match stderr {
            false => (Stdio::piped(), Stdio::null()),
            true => (Stdio::null(), Stdio::piped()),
        };
        let mut child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let out = child
            .stdout
            .take()
            .map(|out| Box::new(out) as Box<dyn Read + Send>);
        let err = child
            .stderr
            .take()
            .map(|err| Box::new(err) as Box<dyn Read + Send>);
        let output = BufReader::new(out.or(err).expect("one of them is piped"));

        let log = Arc::new(Mutex::new(String::new()));
        let running = Self {
            child,
            log: Arc::clone(&log),
        };
        let (found, listens) = mpsc::channel();
        // Reads to the end, so that the program never waits for a full pipe.
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Some(address) = address(&line) {
                    let _ = found.send(address);
                }
                *log.lock().expect("no panic while it is held") += &format!("{line}\n");
            }
        });
        match listens.recv_timeout(30 * SECOND) {
            Ok(address) => (running, address),
            Err(_) => panic!("{command:?} does not listen:\n{}", running.log()),
        }
    }

    fn log(&self) -> String {
        self.log.lock().expect("no panic while it is held").clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The example, guarded by [`TOKEN`].
pub(crate) struct Quickstart {
    _running: Running,
    pub(crate) address: SocketAddr,
}

impl Quickstart {
    pub(crate) fn start() -> Self {
        let mut command = Command::new(example("quickstart"));
        for (variable, _) in env::vars_os() {
            let name = variable.to_string_lossy();
            if name.starts_with("METRICS_") || name == "PROMETHEUS_METRICS_PATH" {
                command.env_remove(&variable);
            }
        }
        command
            .env_remove("VCAP_APPLICATION")
            .env("METRICS_AUTH_TOKEN", TOKEN)
            .env("EXAMPLE_ADDR", "127.0.0.1:0");
        let (running, address) = Running::start(&mut command, false, |line| {
            let rest = line.strip_prefix("Listening on http://")?;
            rest.split(". ").next()?.parse().ok()
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

/// Cargo builds the examples next to the folder of the tests.
fn example(name: &str) -> PathBuf {
    let test = env::current_exe().expect("the path of this test");
    let target = test.parent().and_then(Path::parent).expect("its folders");
    let path = target
        .join("examples")
        .join(format!("{name}{}", env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} is missing: `cargo build --examples` makes it",
        path.display()
    );
    path
}

/// A real Prometheus server that scrapes one target, with the right token and with wrong ones.
pub(crate) struct Prometheus {
    running: Running,
    address: SocketAddr,
    _folder: Folder,
}

impl Prometheus {
    pub(crate) fn scraping(target: SocketAddr) -> Self {
        let folder = Folder::new();
        let token = folder.write("token", TOKEN);
        let token = token.display();
        let config = folder.write(
            "prometheus.yml",
            &format!(
                "global:\n  scrape_interval: 500ms\n  scrape_timeout: 500ms\nscrape_configs:\n\
                 - job_name: right\n  authorization: {{credentials_file: '{token}'}}\n  \
                   static_configs: [{{targets: ['{target}']}}]\n\
                 - job_name: wrong\n  authorization: {{credentials: 'guess'}}\n  \
                   static_configs: [{{targets: ['{target}']}}]\n\
                 - job_name: none\n  static_configs: [{{targets: ['{target}']}}]\n"
            ),
        );
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.0.join("data").display()
            ))
            .arg("--web.listen-address=127.0.0.1:0");
        let (running, address) = Running::start(&mut command, true, |line| {
            let (_, rest) = line.split_once("msg=\"Listening on\"")?;
            let (_, address) = rest.split_once("address=")?;
            address.split(' ').next()?.parse().ok()
        });
        wait_for("prometheus to be ready", || {
            let response = http::get(address, "/-/ready", &[]);
            match response.status {
                200 => Ok(()),
                status => Err(format!("{status}: {}", response.body)),
            }
        });
        Self {
            running,
            address,
            _folder: folder,
        }
    }

    /// What is at a path of the API.
    pub(crate) fn api(&self, path: &str) -> Value {
        let response = http::get(self.address, &format!("/api/v1/{path}"), &[]);
        let answer: Value = serde_json::from_str(&response.body).unwrap_or_else(|error| {
            panic!("{path}: {error}: {}\n{}", response.body, self.running.log())
        });
        assert_eq!(answer["status"], "success", "{path}: {answer}");
        answer["data"].clone()
    }

    /// The target of a job: its health and its last error.
    pub(crate) fn health(&self, job: &str) -> (String, String) {
        let targets = self.api("targets");
        let targets = targets["activeTargets"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let target = targets.iter().find(|target| target["labels"]["job"] == job);
        let text = |field: &str| {
            let value = target.and_then(|target| target[field].as_str());
            value.unwrap_or("unknown").to_owned()
        };
        (text("health"), text("lastError"))
    }

    /// The answer to an instant query.
    pub(crate) fn query(&self, query: &str) -> Samples {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let data = self.api(&format!("query?query={encoded}"));
        let result = data["result"].as_array().cloned().unwrap_or_default();
        result
            .iter()
            .map(|sample| {
                let labels = sample["metric"].as_object().into_iter().flatten();
                let mut labels: std::collections::BTreeMap<String, String> = labels
                    .map(|(label, value)| (label.clone(), value.as_str().unwrap_or("").to_owned()))
                    .collect();
                let name = labels.remove("__name__").unwrap_or_default();
                let value = sample["value"][1]
                    .as_str()
                    .and_then(|value| value.parse().ok());
                ((name, labels), value.expect("a number"))
            })
            .collect()
    }

    /// The answer to a query that has one number for an answer.
    pub(crate) fn number(&self, query: &str) -> Result<f64, String> {
        let samples = self.query(query);
        match samples.values().copied().collect::<Vec<_>>()[..] {
            [value] => Ok(value),
            _ => Err(format!("{query}: {samples:?}")),
        }
    }
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "gds-metrics-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Relaxed)
        );
        let path = env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).expect("a temporary file");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What `promtool check metrics` has to say; nothing, if all is well.
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

/// What `promtool check config` has against a configuration; nothing, if all is well. The files that it
/// names need not be there.
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

/// Runs a Python script with `prometheus_client` at hand, and reads the JSON that it prints.
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

fn run(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("it is piped");
    let input = input.to_owned();
    // From a thread: it may answer before it has read all.
    let writer = thread::spawn(move || {
        let _ = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("it does not panic");
    output
}
