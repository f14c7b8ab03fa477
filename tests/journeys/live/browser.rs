//! A headless Chromium, driven through WebDriver.

use std::{
    env, fs,
    net::SocketAddr,
    path::PathBuf,
    process::{self, Command},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::{running::Running, support::client::Client};

/// The maximum wait for a page.
const LIMIT: Duration = Duration::from_secs(30);

pub(crate) const ENTER: &str = "\u{e007}";
pub(crate) const TAB: &str = "\u{e004}";

pub(crate) struct Browser {
    driver: SocketAddr,
    session: String,
    profile: PathBuf,
    /// Stops with the browser.
    _running: Running,
}

impl Browser {
    pub(crate) fn start() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);

        let mut command = Command::new("chromedriver");
        command.arg("--port=0");
        let (running, driver) = Running::start(&mut command, |line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            let port = port.trim_end_matches('.').parse().ok()?;
            Some(SocketAddr::from(([127, 0, 0, 1], port)))
        });
        let count = COUNT.fetch_add(1, Relaxed);
        let profile = env::temp_dir().join(format!("gds-metrics-{}-{count}", process::id()));
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1440,1000",
            &format!("--user-data-dir={}", profile.display()),
        ];
        let mut browser = Self {
            driver,
            session: String::new(),
            profile,
            _running: running,
        };
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let wanted = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let session = browser.ask("POST", "/session", &wanted);
        let id = session["sessionId"].as_str().expect("a session");
        browser.session = format!("/session/{id}");
        browser
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let (driver, path) = (self.driver, format!("{}{path}", self.session));
        let body = if method == "POST" {
            body.to_string()
        } else {
            String::new()
        };
        let mut client = Client::connect(driver);
        client.send(format!(
            "{method} {path} HTTP/1.1\r\nHost: {driver}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        let response = client.response();
        let mut answer: Value = serde_json::from_str(response.text()).expect("JSON");
        assert_eq!(response.status, 200, "{method} {path}: {answer}");
        answer["value"].take()
    }

    pub(crate) fn open(&self, address: SocketAddr, path: &str) {
        let url = format!("http://{address}{path}");
        self.ask("POST", "/url", &json!({ "url": url }));
    }

    pub(crate) fn reload(&self) {
        self.ask("POST", "/refresh", &json!({}));
    }

    /// The value that a script returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        let script = json!({ "script": script, "args": [] });
        self.ask("POST", "/execute/sync", &script)
    }

    /// The visible text of the element that the selector finds.
    pub(crate) fn text(&self, selector: &str) -> String {
        let text = self.run(&format!(
            "return document.querySelector({selector:?})?.innerText ?? ''"
        ));
        text.as_str().expect("text").to_owned()
    }

    /// Waits until a script returns something other than `false` or `null`, and returns it.
    #[track_caller]
    pub(crate) fn wait(&self, script: &str) -> Value {
        let start = Instant::now();
        loop {
            let value = self.run(script);
            if value != Value::Null && value != false {
                return value;
            }
            let (status, body) = (self.text("#status"), self.text("body"));
            assert!(start.elapsed() < LIMIT, "{script}\n{status}\n{body}");
            thread::sleep(Duration::from_millis(100));
        }
    }

    pub(crate) fn press(&self, keys: &[&str]) {
        let pressed: Vec<_> = keys
            .iter()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })))
            .collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": pressed });
        self.ask("POST", "/actions", &json!({ "actions": [keyboard] }));
    }

    /// The messages in the console, such as violations of the `Content-Security-Policy`.
    pub(crate) fn console(&self) -> Vec<String> {
        let log = self.ask("POST", "/se/log", &json!({ "type": "browser" }));
        let entries = log.as_array().expect("entries").iter();
        entries
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    pub(crate) fn command(&self, command: &str, parameters: Value) -> Value {
        let command = json!({ "cmd": command, "params": parameters });
        self.ask("POST", "/goog/cdp/execute", &command)
    }

    pub(crate) fn prefer(&self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.command(
            "Emulation.setEmulatedMedia",
            json!({ "features": [feature] }),
        );
    }

    pub(crate) fn screenshot(&self) -> Vec<u8> {
        let picture = self.ask("GET", "/screenshot", &Value::Null);
        let picture = picture.as_str().expect("base64");
        BASE64_STANDARD.decode(picture).expect("base64")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Without this, Chromium would outlive its driver.
        if !thread::panicking() || !self.session.is_empty() {
            let mut client = Client::connect(self.driver);
            let (session, driver) = (&self.session, self.driver);
            let _ = client.try_send(format!(
                "DELETE {session} HTTP/1.1\r\nHost: {driver}\r\nConnection: close\r\n\r\n"
            ));
            let _ = client.try_head();
        }
        let _ = fs::remove_dir_all(&self.profile);
    }
}
