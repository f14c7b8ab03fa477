//! External readers of the exposition: a real Prometheus server, promtool, and PyPI's
//! `prometheus_client`. They are external programs, so a plain `cargo test` skips these tests:
//!
//! ```sh
//! cargo build --examples
//! GDS_METRICS_PYTHON=venv/bin/python cargo test --test prometheus -- --ignored
//! ```

mod application;
mod documents;
mod http;
mod native;
mod programs;
mod running;
mod samples;
mod server;
mod store;

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

/// Repeats a query until it succeeds, for at most half a minute, because the times of scrapes are
/// not known.
fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(last) if start.elapsed() > Duration::from_secs(30) => {
                panic!("waited in vain for {what}: {last}")
            }
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// A sample in the form that is common to all readers here.
type Samples = BTreeMap<(String, BTreeMap<String, String>), f64>;
