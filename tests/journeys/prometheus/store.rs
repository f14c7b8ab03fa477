//! Servers that scrape, store and answer PromQL queries: Prometheus and VictoriaMetrics.

use std::{
    collections::BTreeMap,
    env, fs,
    net::SocketAddr,
    path::PathBuf,
    process::{self, Command},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use serde_json::Value;

use crate::{Samples, http, programs::TOKEN, running::Running, wait_for};

const CONFIG: &str = "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n";

pub(crate) struct Store {
    running: Running,
    address: SocketAddr,
    /// Scrapes for the server, if the server does not scrape itself.
    agent: Option<Running>,
    _folder: Folder,
}

impl Store {
    /// A Prometheus that scrapes one target three times: with the right token, with a wrong one,
    /// and without one.
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
        Self::prometheus_in(folder, &jobs, &[])
    }

    /// A Prometheus with these scrape configurations and flags.
    pub(crate) fn prometheus(jobs: &str, flags: &[&str]) -> Self {
        Self::prometheus_in(Folder::new(), jobs, flags)
    }

    fn prometheus_in(folder: Folder, jobs: &str, flags: &[&str]) -> Self {
        let config = folder.write("prometheus.yml", &format!("{CONFIG}{jobs}"));
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path("data")))
            .arg("--web.listen-address=127.0.0.1:0")
            .args(flags);
        let (running, address) = Running::start(&mut command, |line| {
            let (_, rest) = line.split_once("msg=\"Listening on\"")?;
            let (_, address) = rest.split_once("address=")?;
            address.split(' ').next()?.parse().ok()
        });
        Self::new(running, address, None, folder, "/-/ready")
    }

    /// A VictoriaMetrics that scrapes.
    pub(crate) fn victoria(jobs: &str) -> Self {
        let folder = Folder::new();
        let config = folder.write("scrape.yml", &format!("{CONFIG}{jobs}"));
        let scrape = format!("-promscrape.config={}", config.display());
        let (running, address) = victoria(&folder, &[&scrape]);
        Self::new(running, address, None, folder, "/health")
    }

    /// A VictoriaMetrics that receives samples from a vmagent.
    pub(crate) fn vmagent(jobs: &str) -> Self {
        let folder = Folder::new();
        let config = folder.write("scrape.yml", &format!("{CONFIG}{jobs}"));
        let (running, address) = victoria(&folder, &[]);
        let mut command = Command::new("vmagent");
        command
            .arg("-httpListenAddr=127.0.0.1:0")
            .arg(format!("-promscrape.config={}", config.display()))
            .arg(format!("-remoteWrite.url=http://{address}/api/v1/write"))
            .arg(format!("-remoteWrite.tmpDataPath={}", folder.path("agent")));
        let (agent, _) = Running::start(&mut command, victoria_address);
        Self::new(running, address, Some(agent), folder, "/health")
    }

    fn new(
        running: Running,
        address: SocketAddr,
        agent: Option<Running>,
        folder: Folder,
        ready: &str,
    ) -> Self {
        wait_for("a server to be ready", || {
            let response = http::get(address, ready, &[]);
            match response.status {
                200 => Ok(()),
                status => Err(format!("{status}: {}", response.body)),
            }
        });
        Self {
            running,
            address,
            agent,
            _folder: folder,
        }
    }

    /// The response of the API at a path.
    pub(crate) fn api(&self, path: &str) -> Value {
        let response = http::get(self.address, &format!("/api/v1/{path}"), &[]);
        let answer: Value = serde_json::from_str(&response.body)
            .unwrap_or_else(|error| panic!("{path}: {error}: {}\n{}", response.body, self.log()));
        assert_eq!(answer["status"], "success", "{path}: {answer}");
        answer["data"].clone()
    }

    fn log(&self) -> String {
        let agent = self.agent.as_ref().map(Running::log).unwrap_or_default();
        self.running.log() + &agent
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

    /// The result of an instant query.
    pub(crate) fn query(&self, query: &str) -> Samples {
        let data = self.api(&format!("query?query={}", encoded(query)));
        let result = data["result"].as_array().cloned().unwrap_or_default();
        result
            .iter()
            .map(|sample| {
                let labels = sample["metric"].as_object().into_iter().flatten();
                let mut labels: BTreeMap<String, String> = labels
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

    /// The result of a query that returns one number.
    pub(crate) fn number(&self, query: &str) -> Result<f64, String> {
        let samples = self.query(query);
        match samples.values().copied().collect::<Vec<_>>()[..] {
            [value] => Ok(value),
            _ => Err(format!("{query}: {samples:?}")),
        }
    }
}

/// A query, encoded for a URL.
pub(crate) fn encoded(query: &str) -> String {
    query.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn victoria(folder: &Folder, flags: &[&str]) -> (Running, SocketAddr) {
    let mut command = Command::new("victoria-metrics");
    command
        .arg("-httpListenAddr=127.0.0.1:0")
        // Samples can be queried as soon as they are stored.
        .arg("-search.latencyOffset=0s")
        .arg(format!("-storageDataPath={}", folder.path("data")))
        .args(flags);
    Running::start(&mut command, victoria_address)
}

fn victoria_address(line: &str) -> Option<SocketAddr> {
    let (_, address) = line.split_once("started server at http://")?;
    address.trim_end_matches('/').parse().ok()
}

/// A folder that is removed with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
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

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).expect("a temporary file");
        path
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
