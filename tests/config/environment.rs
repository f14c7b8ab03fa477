//! `from_env()` reads the environment of the process. Each case runs in a separate process.

use std::{
    env, fs,
    path::PathBuf,
    process::{self, Command},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use actix_web::{
    App,
    http::header,
    test::{self, TestRequest},
    web,
};
use gds_metrics::GdsMetrics;
use log::{LevelFilter, Log, Metadata, Record};

use crate::support::{ON_PURPOSE, recorded};

/// Set in a child process. The value describes additional settings for the builder.
const CHILD: &str = "GDS_METRICS_TEST_CHILD";
const VARIABLES: [&str; 11] = [
    "PROMETHEUS_METRICS_PATH",
    "METRICS_BASIC_AUTH",
    "METRICS_AUTH_TOKEN",
    "METRICS_AUTH_TOKEN_FILE",
    "VCAP_APPLICATION",
    "METRICS_HOSTS",
    "METRICS_ALLOWED_IPS",
    "METRICS_TRUSTED_PROXIES",
    "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_SERVICE_NAME",
];

/// Runs one test of this program in a process that has none of the variables.
pub(crate) fn child_command(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.args(["--exact", test, "--nocapture"]);
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command
}

/// The output of a child: the path of the metrics, the statuses of scrapes without a token, with `secret` and
/// with `setter`, and the warnings; or the error.
fn said_by_child(variables: &[(&str, &str)], settings: &str) -> String {
    let output = child_command("environment::child")
        .envs(variables.iter().copied())
        .env(CHILD, settings)
        .output()
        .expect("a child");
    let output = String::from_utf8(output.stdout).expect("text");
    let said = output.split_once("child says: ").map(|(_, said)| said);
    let said = said.and_then(|said| said.split_once(" over\n"));
    let (said, _) = said.unwrap_or_else(|| panic!("the child said {output}"));
    said.to_owned()
}

#[actix_web::test]
async fn child() {
    let Ok(settings) = env::var(CHILD) else {
        return;
    };
    log::set_logger(&LOGGER).expect("the first logger");
    log::set_max_level(LevelFilter::Warn);
    let mut builder = GdsMetrics::builder();
    // A setter takes precedence, before or after the environment is read.
    if settings == "token before" {
        builder = builder.bearer_token("setter");
    }
    let mut builder = match builder.from_env() {
        Ok(builder) => builder,
        Err(error) => return println!("child says: {error:?} over"),
    };
    builder = match &*settings {
        "token after" => builder.bearer_token("setter"),
        "open" => builder.without_auth(),
        "path" => builder.path("/setter"),
        "hosts" => builder.hosts(["setter.example"]),
        _ => builder,
    };
    let metrics = match builder.build() {
        Ok(metrics) => metrics,
        Err(error) => return println!("child says: {error:?} over"),
    };
    let app = App::new()
        .service(metrics.scope())
        .route("/", web::get().to(|| async { "index" }))
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    let mut said = Vec::new();
    for path in ["/metrics", "/internal", "/setter"] {
        for token in ["", "Bearer secret", "Bearer setter"] {
            let request = TestRequest::with_uri(path).insert_header((header::AUTHORIZATION, token));
            let response = test::call_service(&app, request.to_request()).await;
            said.push(response.status().as_str().to_owned());
        }
    }
    for host in ["a.example", "b.example", "setter.example"] {
        let request = TestRequest::with_uri("/").insert_header((header::HOST, host));
        test::call_service(&app, request.to_request()).await;
    }
    let mut hosts: Vec<_> = recorded(&metrics)
        .iter()
        .filter(|line| line.contains(" / "))
        .map(|line| line.split(' ').nth(1).expect("a host").to_owned())
        .collect();
    hosts.dedup();
    let warnings = LOGGER.lines.lock().expect("no panic under the lock");
    println!(
        "child says: {} | {} | {} over",
        said.join(" "),
        hosts.join(" "),
        warnings.join("; ")
    );
}

#[derive(Debug)]
pub(crate) struct Logger {
    pub(crate) lines: Mutex<Vec<String>>,
    pub(crate) panics: AtomicBool,
    pub(crate) panicked: AtomicBool,
}

pub(crate) static LOGGER: Logger = Logger {
    lines: Mutex::new(Vec::new()),
    panics: AtomicBool::new(false),
    panicked: AtomicBool::new(false),
};

impl Log for Logger {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        if self.panics.load(SeqCst) {
            self.panicked.store(true, SeqCst);
            panic!("{ON_PURPOSE}");
        }
        if record.target().starts_with("gds_metrics") {
            let mut lines = self.lines.lock().expect("no panic under the lock");
            lines.push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

/// A token file that is deleted at the end of the test.
#[derive(Debug)]
pub(crate) struct File(pub(crate) PathBuf);

impl File {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let name = format!("gds-metrics-test-{}-{name}", process::id());
        let file = Self(env::temp_dir().join(name));
        file.write(text);
        file
    }

    /// Replaces the file in one step, like the rotation of a secret.
    pub(crate) fn write(&self, text: &str) {
        let next = self.0.with_extension("next");
        fs::write(&next, text).expect("a temporary file");
        fs::rename(next, &self.0).expect("a temporary file");
    }

    /// Opening a pipe blocks until another process writes to it.
    pub(crate) fn become_pipe(&self) {
        let next = self.0.with_extension("next");
        let made = Command::new("mkfifo").arg(&next).status();
        assert!(made.expect("mkfifo").success());
        fs::rename(next, &self.0).expect("a temporary file");
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().expect("a plain path")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The variables, the additional settings, and the output of the child.
type Row<'a> = (&'a [(&'a str, &'a str)], &'a str, String);

#[test]
fn table() {
    const ABSENT: &str = "404 404 404";
    const CF: &str = r#"{"application_id":"secret","application_uris":["a.example"]}"#;
    const OPEN: &str = "anyone who can reach `/metrics` can read it: set METRICS_AUTH_TOKEN or \
                        METRICS_AUTH_TOKEN_FILE, or set METRICS_BASIC_AUTH=false if this is intended";
    const NO_TOKEN: &str = "METRICS_BASIC_AUTH is `true`, but there is no token: set \
                            METRICS_AUTH_TOKEN, METRICS_AUTH_TOKEN_FILE or VCAP_APPLICATION, or \
                            call `.bearer_token(…)`";
    let file = File::new("table", "secret\n");
    let empty = File::new("empty", "");
    let pipe = File::new("pipe", "");
    pipe.become_pipe();
    let all = "a.example b.example setter.example";
    let served = |scrapes: &str, hosts: &str, warning: &str| {
        format!("{scrapes} {ABSENT} {ABSENT} | {hosts} | {warning}")
    };
    let open = "200 200 200";
    let guarded = "401 200 403";
    let by_setter = "401 403 200";

    let token = ("METRICS_AUTH_TOKEN", "secret");
    let vcap = ("VCAP_APPLICATION", CF);
    let off = ("METRICS_BASIC_AUTH", "false");
    let on = ("METRICS_BASIC_AUTH", "True");
    let path = ("PROMETHEUS_METRICS_PATH", "/internal");
    let hosts = ("METRICS_HOSTS", "b.example");
    let file_path = ("METRICS_AUTH_TOKEN_FILE", file.path());
    let other_vcap = ("VCAP_APPLICATION", r#"{"application_id":"other"}"#);
    let table: &[Row<'_>] = &[
        // Compose files and Helm charts set variables without a value to an empty text.
        (
            &[
                token,
                ("METRICS_HOSTS", ""),
                ("METRICS_ALLOWED_IPS", ""),
                ("METRICS_TRUSTED_PROXIES", " "),
            ],
            "",
            served(guarded, all, ""),
        ),
        (&[], "", served(open, all, OPEN)),
        (&[token], "", served(guarded, all, "")),
        (&[file_path], "", served(guarded, all, "")),
        (&[vcap], "", served(guarded, "_other a.example", "")),
        // An explicit token takes precedence over that of Cloud Foundry.
        (&[token, other_vcap], "", served(guarded, all, "")),
        (&[file_path, other_vcap], "", served(guarded, all, "")),
        (&[on, token], "", served(guarded, all, "")),
        (&[on, vcap], "", served(guarded, "_other a.example", "")),
        // `false` takes precedence over any token.
        (&[off], "", served(open, all, "")),
        (&[off, token], "", served(open, all, "")),
        (&[off, vcap], "", served(open, "_other a.example", "")),
        (&[on], "", NO_TOKEN.to_owned()),
        (&[hosts, vcap], "", served(guarded, "_other b.example", "")),
        (
            &[path, token],
            "",
            format!("{ABSENT} {guarded} {ABSENT} | {all} | "),
        ),
        // A setter takes precedence over all variables.
        (&[token], "token before", served(by_setter, all, "")),
        (&[token], "token after", served(by_setter, all, "")),
        (&[off], "token after", served(by_setter, all, "")),
        (&[on], "token after", served(by_setter, all, "")),
        (&[token], "open", served(open, all, "")),
        (&[on], "open", served(open, all, "")),
        (
            &[path, token],
            "path",
            format!("{ABSENT} {ABSENT} {guarded} | {all} | "),
        ),
        (
            &[hosts, token],
            "hosts",
            served(guarded, "_other setter.example", ""),
        ),
        // The address is required as well, and requests in tests have none.
        (
            &[("METRICS_ALLOWED_IPS", "127.0.0.1")],
            "",
            served("403 403 403", all, ""),
        ),
        (
            &[
                ("METRICS_ALLOWED_IPS", "10.0.0.0/8"),
                ("METRICS_TRUSTED_PROXIES", "10.1.0.0/16"),
            ],
            "",
            served(
                "403 403 403",
                all,
                "the allowed range `10.0.0.0/8` overlaps the trusted proxy `10.1.0.0/16`: requests \
                 that this proxy forwards without `X-Forwarded-For` may scrape too",
            ),
        ),
        // An invalid value is an error even if a setter would replace it.
        (
            &[("METRICS_BASIC_AUTH", "1")],
            "open",
            "METRICS_BASIC_AUTH is `1`: it should be `true` (require a token), `false` (let \
             anyone who can reach the metrics read them), or unset (require a token if one is set)"
                .to_owned(),
        ),
        (
            &[("METRICS_AUTH_TOKEN_FILE", "/nowhere/at/all")],
            "",
            "METRICS_AUTH_TOKEN_FILE is `/nowhere/at/all`, but no token can be read from it: No such \
             file or directory (os error 2)"
                .to_owned(),
        ),
        // A token in the wrong variable.
        (
            &[("METRICS_AUTH_TOKEN_FILE", "hunter2")],
            "",
            "METRICS_AUTH_TOKEN_FILE is `…`, but no token can be read from it: No such file or \
             directory (os error 2)"
                .to_owned(),
        ),
        (
            &[("METRICS_AUTH_TOKEN_FILE", pipe.path())],
            "",
            format!(
                "METRICS_AUTH_TOKEN_FILE is `{}`, but no token can be read from it: it is not a \
                 regular file",
                pipe.path()
            ),
        ),
        (
            &[("METRICS_AUTH_TOKEN_FILE", empty.path())],
            "",
            format!(
                "METRICS_AUTH_TOKEN_FILE is `{}`, but no token can be read from it: the file is \
                 empty: it should hold a token of visible ASCII characters without white space",
                empty.path()
            ),
        ),
    ];
    for (variables, settings, expected) in table {
        let said = said_by_child(variables, settings);
        assert_eq!(said, *expected, "{variables:?} {settings}");
    }
}
