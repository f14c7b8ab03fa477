//! Real programs accept the configurations in the documentation.

use std::{env, fs, net::TcpListener, path::Path, process::Command};

use crate::{http, programs::promtool_check_config, running::Running, store::Store, wait_for};

const KUBERNETES: &str = "kubernetes_sd_configs:\n      - role: pod";

#[test]
#[ignore = "needs promtool"]
fn promtool_reads_the_configurations_of_the_documentation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    for page in fs::read_dir(root.join("gds-metrics/docs")).expect("the pages") {
        pages.push(page.expect("a page").path());
    }

    let mut checked = 0;
    for page in pages {
        let text = fs::read_to_string(&page).expect("a page");
        for block in text.split("```yaml\n").skip(1) {
            let block = block.split("```").next().unwrap_or_default();
            if block.starts_with("scrape_configs:") {
                // Debian builds Prometheus without Kubernetes.
                let block = &block.replace(KUBERNETES, "static_configs: []");
                let said = promtool_check_config(block);
                assert!(said.is_empty(), "{}: {said}\n{block}", page.display());
                checked += 1;
            }
        }
    }
    assert!(checked >= 6, "{checked} configurations were found");
}

/// The first block of a language in a page.
fn block<'a>(page: &'a str, language: &str) -> &'a str {
    let (_, rest) = page
        .split_once(&format!("```{language}"))
        .expect("a block of this language");
    let (_, rest) = rest.split_once('\n').expect("a line after the fence");
    rest.split("```").next().expect("the block")
}

/// Builds the program in the guide, as a new user would.
fn build_the_program_in(guide: &str, port: u16) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("target/getting-started");
    fs::create_dir_all(folder.join("src")).expect("a folder for the program");
    let program = block(guide, "rust").replace("8080", &port.to_string());
    fs::write(folder.join("src/main.rs"), program).expect("its source");
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("the lock file");
    let manifest = format!(
        "[package]\nname = \"getting-started\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n\
         [dependencies]\ngds-metrics = {{ path = {:?} }}\n\
         actix-web = {{ version = \"4.18\", default-features = false, features = [\"macros\"] }}\n\
         env_logger = {{ version = \"0.11\", default-features = false }}\n",
        root.join("gds-metrics")
    );
    fs::write(folder.join("Cargo.toml"), manifest).expect("its manifest");

    let target = folder.join("target");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", &target)
        .status();
    assert!(
        built.expect("Cargo starts").success(),
        "the guide's program does not compile"
    );
    let name = format!("getting-started{}", env::consts::EXE_SUFFIX);
    Command::new(target.join("debug").join(name))
}

#[test]
#[ignore = "needs prometheus"]
fn getting_started_leads_to_a_graph() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = root.join("gds-metrics/docs/getting_started.md");
    let guide = fs::read_to_string(guide).expect("the guide");

    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let port = free.expect("a free port").port();
    let mut program = build_the_program_in(&guide, port);
    let (service, address) = Running::start(program.env("RUST_LOG", "info"), |line| {
        line.split_once("listening on: ")?.1.parse().ok()
    });
    wait_for("the warning about open metrics", || {
        let log = service.log();
        log.contains("can read it").then_some(()).ok_or(log)
    });

    let (_, section) = guide
        .split_once("# 3.")
        .expect("the section on looking at metrics");
    for command in block(section, "sh").lines() {
        let (_, path) = command
            .split_once("http://127.0.0.1:8080")
            .expect("a request to the program");
        http::get(address, path, &[]);
    }
    let metrics = http::get(address, "/metrics", &[]).body;
    for line in block(&guide, "text").lines() {
        // The host that the test's client sends.
        let line = line.replace("127.0.0.1:8080", "shop.example");
        assert!(
            metrics.lines().any(|other| other == line),
            "{line}\n{metrics}"
        );
    }

    let config = block(&guide, "yaml").replace("8080", &port.to_string());
    let jobs = config.strip_prefix("scrape_configs:\n").expect("jobs");
    let prometheus = Store::prometheus(&jobs.replace("5s", "1s"), &[]);
    let queries: Vec<_> = guide
        .split("```text\n")
        .filter_map(|text| text.split("```").next())
        .filter(|text| text.contains("rate("))
        .collect();
    assert_eq!(queries.len(), 3);
    let (failures, drawn) = queries.split_last().expect("three");
    for query in drawn {
        wait_for(query, || {
            http::get(address, "/users/7", &[]);
            let answer = prometheus.query(query);
            let of_users = answer.iter().find(|((_, labels), _)| {
                labels.get("path").is_some_and(|path| path == "/users/{id}")
            });
            match of_users {
                Some((_, value)) if *value > 0.0 => Ok(()),
                _ => Err(format!("{answer:?}")),
            }
        });
    }
    assert!(prometheus.query(failures).is_empty(), "nothing has failed");
}
