//! Running the programs that the tests are about.

use std::{
    env, fs,
    io::Write as _,
    net::SocketAddr,
    path::PathBuf,
    process::{self, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    thread,
};

use serde_json::Value;

use crate::{
    Samples, http,
    running::{Running, example},
    wait_for,
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
        let jobs = format!(
            "- job_name: right\n  authorization: {{credentials_file: '{token}'}}\n  \
               static_configs: [{{targets: ['{target}']}}]\n\
             - job_name: wrong\n  authorization: {{credentials: 'guess'}}\n  \
               static_configs: [{{targets: ['{target}']}}]\n\
             - job_name: none\n  static_configs: [{{targets: ['{target}']}}]\n"
        );
        Self::start_in(folder, &jobs, &[])
    }

    /// With these jobs, as they are configured, and with these flags.
    pub(crate) fn start(jobs: &str, flags: &[&str]) -> Self {
        Self::start_in(Folder::new(), jobs, flags)
    }

    fn start_in(folder: Folder, jobs: &str, flags: &[&str]) -> Self {
        let config = folder.write(
            "prometheus.yml",
            &format!(
                "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n{jobs}"
            ),
        );
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.0.join("data").display()
            ))
            .arg("--web.listen-address=127.0.0.1:0")
            .args(flags);
        let (running, address) = Running::start(&mut command, |line| {
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
            process::id(),
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

fn run(command: &mut Command, input: &str) -> process::Output {
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
