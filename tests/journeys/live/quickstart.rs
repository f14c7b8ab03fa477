//! The page of the quickstart: under load, behind a token, and with a blocked worker.

use std::{
    env, fs,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    CELLS, LIVE, PAGE,
    browser::{Browser, ENTER},
    http,
    running::{Running, example},
};

fn listening(line: &str) -> Option<SocketAddr> {
    line.strip_prefix("Listening on http://")?.parse().ok()
}

/// Sends requests of many kinds until it is dropped.
struct Load(Arc<AtomicBool>, Vec<thread::JoinHandle<()>>);

impl Load {
    fn on(address: SocketAddr) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let clients = (0..3).map(|client| {
            let is_over = Arc::clone(&is_over);
            thread::spawn(move || Self::ask(address, client * 5, &is_over))
        });
        let clients = clients.collect();
        Self(is_over, clients)
    }

    fn ask(address: SocketAddr, from: u64, is_over: &AtomicBool) {
        for round in from.. {
            if is_over.load(Relaxed) {
                break;
            }
            // Waves of requests, with occasional failures.
            let busy = [1, 2, 4, 6, 8, 6, 4, 2][(round / 20 % 8) as usize];
            for id in 0..busy {
                let _ = http::request(address, "GET", &format!("/users/{id}"), &[], "");
            }
            let _ = http::request(address, "GET", "/", &[], "");
            let payment = if round % 3 == 0 { "invoice" } else { "card" };
            let _ = http::request(address, "POST", "/orders", &[], payment);
            for (every, path) in [(7, "/nope"), (11, "/error"), (97, "/panic")] {
                if round % every == 0 {
                    let _ = http::request(address, "GET", path, &[], "");
                }
            }
            thread::sleep(Duration::from_millis(90));
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
        for client in self.1.drain(..) {
            let _ = client.join();
        }
    }
}

#[test]
#[ignore = "needs Chromium"]
fn quickstart_under_load() {
    let (running, address) = Running::start(&mut example("quickstart"), listening);
    let log = running.log();
    let page = log.lines().find_map(|line| line.strip_prefix("Look at "));
    assert_eq!(page, Some(&*format!("http://{address}{PAGE}")), "{log}");

    let load = Load::on(address);
    let browser = Browser::start();
    browser.prefer("light");
    browser.open(address, PAGE);
    browser.wait(LIVE);
    browser.wait(&format!(
        "{CELLS}
         const route = cells('routes', '/users/{{id}}');
         return route && route[1] > 0 && route[4].endsWith('ms') && route[3] !== '–'"
    ));
    browser.wait(&format!(
        "{CELLS} return cells('routes', '/error')?.[2] > 0"
    ));
    browser.wait(&format!(
        "{CELLS} return cells('exceptions', 'PaymentsDown')?.[1] > 0"
    ));
    let order = browser.wait(&format!(
        "{CELLS} return cells('others', 'shop_orders_total')"
    ));
    assert_eq!(
        order[0],
        "shop_orders_totalcounter\nOrders placed, by how they were paid"
    );
    assert_eq!(order[1], "payment=\"card\"");
    browser.wait("return document.querySelector('#now-requests').innerText > 0");
    browser.wait("return document.querySelector('#now-errors').innerText > 0");
    browser.wait("return document.querySelector('#now-active').innerText >= 1");
    // The charts are drawn: a chart has more than one colour.
    browser.wait(
        "const canvas = document.querySelector('#chart-requests canvas');
         const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
         return new Set(new Uint32Array(data.buffer)).size > 10",
    );
    if let Some(path) = env::var_os("GDS_METRICS_SCREENSHOT") {
        browser.command(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": 1440, "height": 1640, "deviceScaleFactor": 1, "mobile": false }),
        );
        browser.command("Emulation.setScrollbarsHidden", json!({ "hidden": true }));
        thread::sleep(Duration::from_secs(100));
        fs::write(path, browser.screenshot()).expect("a file");
    }

    // In the end, the page shows the values of the application.
    drop(load);
    let exposition = http::get(address, "/metrics", &[]).body;
    let users = exposition.lines().find_map(|line| {
        let labels = r#"{method="GET",host="shop.example",path="/users/{id}",code="200"} "#;
        line.strip_prefix("http_server_requests_total")?
            .strip_prefix(labels)
    });
    let failed = exposition.lines().find_map(|line| {
        let labels = r#"{method="GET",host="shop.example",path="/users/{id}",code="404"} "#;
        line.strip_prefix("http_server_requests_total")?
            .strip_prefix(labels)
    });
    let count = |text: Option<&str>| text.map_or(0, |text| text.parse().expect("a count"));
    let all: u64 = count(users) + count(failed);
    browser.wait(&format!(
        "{CELLS} return cells('routes', '/users/{{id}}')[6].replaceAll(',', '') === '{all}'"
    ));

    let hosts = browser.run(
        "return performance.getEntriesByType('resource').map(({ name }) => new URL(name).host)",
    );
    let hosts = hosts.as_array().expect("hosts");
    assert!(!hosts.is_empty());
    let own = address.to_string();
    assert!(hosts.iter().all(|host| *host == *own), "{hosts:?}");
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
#[ignore = "needs Chromium"]
fn asks_for_a_token() {
    let mut command = example("quickstart");
    command.env("METRICS_AUTH_TOKEN", "5a1d0b1e");
    let (_running, address) = Running::start(&mut command, listening);
    let browser = Browser::start();
    let asks = "return !document.querySelector('#login').hidden";
    let enter = |token: &str| {
        browser.wait("return document.activeElement.id === 'token'");
        let keys: Vec<_> = token.chars().map(String::from).collect();
        let keys: Vec<_> = keys.iter().map(|key| &**key).chain([ENTER]).collect();
        browser.press(&keys);
    };

    browser.open(address, PAGE);
    browser.wait(asks);
    assert!(browser.text("#login").contains("require a bearer token"));
    assert_eq!(
        browser.run("return document.querySelector('main').hidden"),
        true
    );
    enter("wrong");
    browser.wait("return document.querySelector('#login').innerText.includes('not accepted')");
    // A header with this token cannot be sent at all.
    enter("\u{4e2d}");
    browser.wait("return document.querySelector('#login').innerText.includes('visible ASCII')");
    enter("5a1d0b1e");
    browser.wait(LIVE);
    browser.wait("return document.querySelectorAll('#routes tbody tr').length > 0");

    // The token is kept in memory only.
    let kept = browser.run(
        "return [document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage),
                 location.href, document.documentElement.outerHTML,
                 document.querySelector('#token').value].join()",
    );
    assert!(!kept.as_str().expect("text").contains("5a1d0b1e"));
    browser.reload();
    browser.wait(asks);
    enter("5a1d0b1e");
    browser.wait(LIVE);
    browser.run("document.querySelector('#forget').click()");
    browser.wait(asks);
}

/// The log, the metrics and the page name the route within ten seconds of the end of the long poll.
#[test]
#[ignore = "needs Chromium"]
fn a_blocked_worker_is_named() {
    const LIMIT: Duration = Duration::from_secs(10);
    const POLLS: &str = "http_server_blocking_polls_total";

    let (running, address) = Running::start(&mut example("quickstart"), listening);
    let browser = Browser::start();
    browser.open(address, PAGE);
    browser.wait(LIVE);
    assert!(!running.log().contains("/block` held its worker"));

    assert_eq!(http::get(address, "/block", &[]).body, "late\n");
    let end = Instant::now();
    let row = browser.wait(&format!(
        "{CELLS}
         const row = [...document.querySelectorAll('#others tbody tr')]
           .map((row) => [...row.cells].map((cell) => cell.innerText.trim()))
           .find((cells) => cells[0].includes('{POLLS}') && cells[1] === 'path=\"/block\"');
         return row?.[2] === '1' && row"
    ));
    let exposition = http::get(address, "/metrics", &[]).body;
    let log = running.log();
    assert!(end.elapsed() < LIMIT, "{row}");
    let line = format!("{POLLS}{{path=\"/block\"}} 1\n");
    assert!(exposition.contains(&line), "{exposition}");
    let line = log.lines().find(|line| line.contains("`/block`"));
    let line = line.unwrap_or_else(|| panic!("the log does not name the route: {log}"));
    for part in ["held its worker for ", "`actix_web::web::block`"] {
        assert!(line.contains(part), "{line}");
    }
}
