//! The live page in a real browser. Chromium and its driver are external programs, so a plain
//! `cargo test` skips these tests:
//!
//! ```sh
//! apt-get install chromium chromium-driver
//! cargo build --examples
//! cargo test --test live -- --ignored
//! ```
//!
//! With `GDS_METRICS_SCREENSHOT` set to a path, the quickstart runs for some time, and its page is
//! written to that path as a PNG file.

#![allow(missing_docs, clippy::panic, clippy::float_cmp)]

mod browser;
mod fixture;
#[path = "../prometheus/http.rs"]
#[allow(dead_code, reason = "the other tests use all of it")]
mod http;
mod quickstart;
#[path = "../prometheus/running.rs"]
mod running;
#[path = "../../support/mod.rs"]
mod support;

use std::{fmt::Write as _, thread, time::Duration};

use browser::{Browser, ENTER, TAB};
use fixture::{DURATION, exposing, push_duration};
use serde_json::json;

const PAGE: &str = "/metrics/live";
/// The page is live, and updates as often as it can.
const LIVE: &str = "
    if (document.querySelector('#status').dataset.state !== 'live') return false;
    const interval = document.querySelector('#interval');
    if (interval.value !== '2') {
      interval.value = '2';
      interval.dispatchEvent(new Event('change'));
    }
    return true;";
/// The cells of a table row, by column.
const CELLS: &str = "
    const cells = (section, text) => {
      const rows = [...document.querySelectorAll(`#${section} tbody tr`)];
      const row = rows.find((row) => row.cells[0].innerText.includes(text));
      return row && [...row.cells].map((cell) => cell.innerText.trim());
    };";

#[test]
#[ignore = "needs Chromium"]
fn labels_are_text() {
    const MARKUP: &str =
        r"<img src=x onerror=window.harm=1></td><script>window.harm=1</script>&amp;{{}}";

    let server = exposing(|scrape| {
        let mut text = DURATION.to_owned();
        let labels = format!(r#"method="GET",host="<b>",path="{MARKUP}",code="200""#);
        push_duration(&mut text, &labels, 10 * scrape);
        let _ = write!(
            text,
            "# HELP http_server_exceptions_total Total number of exceptions
# TYPE http_server_exceptions_total counter
http_server_exceptions_total{{error=\"{MARKUP}\"}} {scrape}
# HELP odd <i>Help</i> \\\\ of\\nit
# TYPE odd gauge
odd{{a=\"{MARKUP}\",b=\"}} 1\\\" \\\\ \\n,c=\\\"\"}} +Inf
odd{{a=\"second\"}} -1.5e-7 1700000000000
odd NaN
"
        );
        text
    });
    let browser = Browser::start();
    browser.open(server.address, PAGE);
    browser.wait(LIVE);
    let row =
        |section, text: &str| browser.wait(&format!("{CELLS} return cells({section:?}, {text:?})"));
    assert_eq!(row("routes", MARKUP)[0], format!("GET{MARKUP}"));
    assert_eq!(row("exceptions", MARKUP)[0], MARKUP);
    let others = browser.run(
        "return [...document.querySelectorAll('#others tbody tr')]
           .map((row) => [...row.cells].slice(0, 3).map((cell) => cell.innerText))",
    );
    let labels = json!(MARKUP).to_string();
    let labels = format!(r#"a={labels}, b="}} 1\" \\ \n,c=\"""#);
    let mut found = others.as_array().expect("rows").clone();
    found.sort_by_key(|row| row[1].to_string());
    assert_eq!(found.len(), 3, "{found:?}");
    let of = |labels: &str| {
        let row = found.iter().find(|row| row[1] == labels);
        row.unwrap_or_else(|| panic!("{labels}: {found:?}"))
    };
    assert_eq!(of(&labels)[2], "∞");
    assert_eq!(of("a=\"second\"")[2], "-1.5e-7");
    assert_eq!(of("")[2], "–");
    let text = browser.text("#others");
    assert!(text.contains("<i>Help</i> \\ of\nit"), "{text}");
    let harm = "return [window.harm, document.querySelectorAll('img, main script, main i').length]";
    assert_eq!(browser.run(harm), json!([null, 0]));
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
#[ignore = "needs Chromium"]
fn names_of_opentelemetry() {
    let server = exposing(|scrape| {
        let mut text = DURATION.to_owned();
        let scheme = r#"url_scheme="http""#;
        for (labels, count) in [
            (
                r#"http_request_method="GET",http_route="/users/{id}",http_response_status_code="200""#,
                30,
            ),
            (
                r#"http_request_method="GET",http_route="/users/{id}",http_response_status_code="503",error_type="503""#,
                10,
            ),
            (
                r#"http_request_method="GET",http_route="/users/{id}",error_type="cancelled""#,
                5,
            ),
            (
                r#"http_request_method="GET",http_response_status_code="404""#,
                7,
            ),
        ] {
            push_duration(&mut text, &format!("{labels},{scheme}"), count * scrape);
        }
        text
    });
    let browser = Browser::start();
    browser.open(server.address, PAGE);
    browser.wait(LIVE);
    let users = format!("{CELLS} const users = cells('routes', '/users/{{id}}');");
    // Each scrape adds 45 requests, of which 10 are errors.
    browser.wait(&format!(
        "{users} return users[1] > 0 && Math.abs(users[1] / users[2] - 4.5) < 0.1"
    ));
    // All requests took from 0.1 to 0.2 seconds.
    let quantiles = browser.run(&format!("{users} return users.slice(3, 6)"));
    assert_eq!(
        quantiles,
        json!(["150\u{a0}ms", "195\u{a0}ms", "199\u{a0}ms"])
    );
    browser.wait(&format!(
        "{CELLS} const none = cells('routes', 'No endpoint'); return none[1] > 0 && none[2] === '0'"
    ));
}

/// An application that restarts, is busy, or is gone.
#[test]
#[ignore = "needs Chromium"]
fn counters_are_reset() {
    let server = exposing(|scrape| {
        let mut text = DURATION.to_owned();
        let count = if scrape < 3 { 1_000_000 } else { 10 * scrape };
        push_duration(&mut text, r#"method="GET",path="/",code="200""#, count);
        text
    });
    let browser = Browser::start();
    browser.open(server.address, PAGE);
    browser.wait(LIVE);
    let rate = format!("{CELLS} return Number(cells('routes', '/')[1].replace(',', '')) || false");
    let rate = browser.wait(&rate).as_f64().expect("a rate");
    assert!(rate < 100.0, "{rate}");

    drop(server);
    browser.wait("return document.querySelector('#status').dataset.state === 'failed'");
    assert!(browser.text("#status").contains("cannot be reached"));
}

#[test]
#[ignore = "needs Chromium"]
fn by_keyboard() {
    let server = exposing(|scrape| {
        let mut text = DURATION.to_owned();
        for route in 0..120 {
            let labels = format!(r#"method="GET",path="/r{route:03}",code="200""#);
            push_duration(&mut text, &labels, (route + 1) * scrape);
        }
        text
    });
    let browser = Browser::start();
    browser.open(server.address, PAGE);
    browser.wait(LIVE);
    let first = "return document.querySelector('#routes tbody tr')?.cells[0].innerText";
    browser.wait("return document.querySelector('#routes tbody tr')?.cells[1].innerText > 0");
    assert_eq!(browser.run(first), "GET/r119");
    assert_eq!(browser.text("#routes .count"), "50 shown of 120 routes");

    // Moves to the field and beyond it, with the Tab key only.
    let focus = "const e = document.activeElement; return e.innerText || e.type || e.tagName";
    let mut seen = Vec::new();
    while seen.last() != Some(&json!("search")) {
        assert!(seen.len() < 12, "{seen:?}");
        browser.press(&[TAB]);
        seen.push(browser.run(focus));
    }
    browser.press(&["r", "0", "0"]);
    browser.wait(
        "return document.querySelector('#routes .count').innerText === '10 found of 120 routes'",
    );
    browser.press(&[TAB, TAB]);
    assert_eq!(browser.run(focus), "Route");
    let sorted = "return document.querySelector('#routes thead th').getAttribute('aria-sort')";
    assert_eq!(browser.run(sorted), json!(null));
    browser.press(&[ENTER]);
    assert_eq!(browser.run(sorted), "ascending");
    assert_eq!(browser.run(first), "GET/r000");
    browser.press(&[ENTER]);
    assert_eq!(browser.run(sorted), "descending");
    assert_eq!(browser.run(first), "GET/r009");

    // A route is chosen, and keeps the focus while the page updates.
    browser.press(&[TAB; 7]);
    assert_eq!(browser.run(focus), "GET/r009");
    browser.press(&[ENTER]);
    assert_eq!(browser.text("#selected"), "GET /r009");
    let scrapes = "return performance.getEntriesByType('resource').length";
    let before = browser.run(scrapes).as_u64().expect("a number");
    browser.wait(&format!("{scrapes} > {}", before + 1));
    assert_eq!(browser.run(focus), "GET/r009");

    // Every input has a name.
    let nameless = browser.run(
        "return [...document.querySelectorAll('input, select, button')]
           .filter((each) => !each.labels?.length && !each.innerText.trim() && each.offsetParent)
           .map((each) => each.outerHTML)",
    );
    assert_eq!(nameless, json!([]));
}

#[test]
#[ignore = "needs Chromium"]
fn light_and_dark() {
    let server = exposing(|scrape| {
        let mut text = DURATION.to_owned();
        push_duration(&mut text, r#"method="GET",path="/",code="200""#, scrape);
        text
    });
    let browser = Browser::start();
    let background = "return getComputedStyle(document.body).backgroundColor";
    browser.prefer("light");
    browser.open(server.address, PAGE);
    browser.wait(LIVE);
    let light = browser.run(background);
    browser.prefer("dark");
    let dark = browser.run(background);
    assert_ne!(light, dark);
    // The charts are redrawn and continue.
    browser.wait("return document.querySelectorAll('#chart-requests canvas').length === 1");
    assert_eq!(browser.console(), [""; 0]);
}

/// Reading, calculating and updating the document take less than 200 ms.
#[test]
#[ignore = "needs Chromium"]
fn two_thousand_label_sets() {
    let server = exposing(|scrape| {
        let mut text = DURATION.to_owned();
        for route in 0..2_000 {
            let labels =
                format!(r#"method="GET",host="shop.example",path="/r{route}/{{id}}",code="200""#);
            push_duration(&mut text, &labels, (route % 17) * scrape);
        }
        text += "# HELP http_server_requests_total Total requests\n";
        text += "# TYPE http_server_requests_total counter\n";
        for route in 0..2_000 {
            let _ = writeln!(
                text,
                "http_server_requests_total{{method=\"GET\",host=\"shop.example\",\
                 path=\"/r{route}/{{id}}\",code=\"200\"}} {}",
                (route % 17) * scrape
            );
        }
        text
    });
    let browser = Browser::start();
    browser.open(server.address, PAGE);
    browser.wait(LIVE);
    // The first scrape creates everything; the following ones are updates.
    browser.wait("return document.querySelector('#routes tbody tr')?.cells[1].innerText > 0");
    let mut times = Vec::new();
    let mut last = json!(null);
    while times.len() < 5 {
        let update = browser.wait(
            "const update = performance.getEntriesByName('update')[0];
             return update && [update.startTime, update.duration]",
        );
        if update[0] != last {
            times.push(update[1].as_f64().expect("milliseconds"));
            last = update[0].clone();
        }
        thread::sleep(Duration::from_millis(200));
    }
    println!("milliseconds an update: {times:?}");
    times.sort_by(f64::total_cmp);
    assert!(times[2] < 200.0, "{times:?}");
    assert_eq!(browser.text("#routes .count"), "50 shown of 2,000 routes");
}
