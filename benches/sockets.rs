//! Over real sockets: throughput and 99th percentile of an app's route, bare, with this crate and
//! with actix-web-prom, and again while scrapes of 5,000 label sets run back to back.
//!
//! `cargo bench --features peers --bench sockets` prints Markdown. It needs `wrk`, and `chrt` with
//! the right to real-time priority. The three servers take turns, and the numbers of each round are
//! compared with each other.

#![allow(missing_docs, clippy::print_stdout, clippy::print_stderr)]

mod support;

use std::{
    env,
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use actix_web::{App, HttpServer, rt::System, test};
use support::{Case, Subject, arguments, peers, scrapes, send};

const ROUNDS: usize = 9;
const SUBJECTS: [Subject; 3] = [Subject::Bare, Subject::Ours, Subject::ActixWebProm];
const FIRST_PORT: u16 = 18_080;
const LABEL_SETS: usize = 5000;
/// Prometheus asks for gzip. actix-web-prom does not compress.
const ENCODINGS: [&str; 2] = ["gzip", "identity"];

fn main() {
    let arguments = arguments();
    if let [serve, subject, port] = &arguments[..]
        && serve == "serve"
    {
        let port = port.parse().expect("a port");
        System::new()
            .block_on(serve_subject(Subject::named(subject), port))
            .expect("the port is free");
        return;
    }

    if let [scrape, address, encoding] = &arguments[..]
        && scrape == "scrape"
    {
        scrape_on(address, encoding);
        return;
    }

    let servers: Vec<Server> = SUBJECTS
        .into_iter()
        .zip(FIRST_PORT..)
        .map(|(subject, port)| Server::start(subject, port))
        .collect();

    println!("| | requests a second, of bare | p99, of bare |");
    println!("| --- | --- | --- |");
    let quiet = rounds(&servers);
    row("gds-metrics", &quiet, 1);
    row("actix-web-prom", &quiet, 2);
    println!();
    println!("While scrapes of {LABEL_SETS} label sets run back to back, of the same without:\n");
    println!("| | encoding | requests a second | p99 | scrapes a second |");
    println!("| --- | --- | --- | --- | --- |");
    for (i, server) in servers.iter().enumerate().skip(1) {
        for encoding in ENCODINGS {
            let (mut rates, mut p99s, mut scrapes) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                let without = server.load(None);
                let with = server.load(Some(encoding));
                rates.push(with.rate / without.rate);
                p99s.push(with.p99 / without.p99);
                scrapes.push(with.scrapes);
            }
            println!(
                "| {} | {encoding} | {:.2} | {:.2} | {:.1} |",
                SUBJECTS[i].name(),
                median(rates),
                median(p99s),
                median(scrapes)
            );
        }
    }
}

fn rounds(servers: &[Server]) -> Vec<Vec<Load>> {
    (0..ROUNDS)
        .map(|_| servers.iter().map(|server| server.load(None)).collect())
        .collect()
}

fn row(name: &str, rounds: &[Vec<Load>], subject: usize) {
    let ratios = |value: fn(&Load) -> f64| {
        let ratios = rounds
            .iter()
            .map(|loads| value(&loads[subject]) / value(&loads[0]));
        median(ratios.collect())
    };
    println!(
        "| {name} | {:.3} | {:.2} |",
        ratios(|load| load.rate),
        ratios(|load| load.p99)
    );
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// The results of `wrk`.
#[derive(Clone, Copy, Debug)]
struct Load {
    /// Requests per second.
    rate: f64,
    /// In microseconds.
    p99: f64,
    /// Scrapes per second during the load.
    scrapes: f64,
}

#[derive(Debug)]
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start(subject: Subject, port: u16) -> Self {
        let process = Command::new(env::current_exe().expect("this program has a path"))
            .args(["serve", subject.name(), &port.to_string()])
            .spawn()
            .expect("this program runs");
        let server = Self {
            process,
            address: (Ipv4Addr::LOCALHOST, port).into(),
        };
        let start = Instant::now();
        while TcpStream::connect(server.address).is_err() {
            assert!(start.elapsed() < Duration::from_secs(60), "no server came");
            thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// With an encoding, scrapes run meanwhile.
    fn load(&self, encoding: Option<&str>) -> Load {
        let start = Instant::now();
        let scraper = encoding.map(|encoding| Scraper::start(self.address, encoding));
        let output = Command::new("chrt")
            .args(["--fifo", "1", "wrk", "-t1", "-c16", "-d3s", "--latency"])
            .arg(format!("http://{}/users/7", self.address))
            .stderr(Stdio::inherit())
            .output()
            .expect("there is a `chrt`");
        let scrapes = scraper.map_or(0.0, Scraper::end) / start.elapsed().as_secs_f64();
        let report = String::from_utf8_lossy(&output.stdout).into_owned();
        let find = |prefix: &str| {
            let line = report.lines().find_map(|l| l.trim().strip_prefix(prefix));
            line.expect("wrk says so").trim().to_owned()
        };
        Load {
            rate: find("Requests/sec:").parse().expect("a number"),
            p99: micros(&find("99%")),
            scrapes,
        }
    }
}

/// Runs scrapes back to back.
///
/// The scraper is a client on the same machine as the server, like `wrk`. `wrk` has a higher
/// priority than the server, and the scraper a lower one, so that the server is measured and not
/// clients that wait for a processor.
#[derive(Debug)]
struct Scraper(Child);

impl Scraper {
    fn start(address: SocketAddr, encoding: &str) -> Self {
        let process = Command::new("chrt")
            .args(["--idle", "0"])
            .arg(env::current_exe().expect("this program has a path"))
            .args(["scrape", &address.to_string(), encoding])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        Self(process.expect("there is a `chrt`"))
    }

    /// Returns the number of scrapes.
    fn end(mut self) -> f64 {
        drop(self.0.stdin.take());
        let output = self.0.wait_with_output().expect("it runs");
        let count = String::from_utf8_lossy(&output.stdout);
        count.trim().parse().expect("a number")
    }
}

/// Scrapes until the standard input ends.
fn scrape_on(address: &str, encoding: &str) {
    static ENDED: AtomicBool = AtomicBool::new(false);
    thread::spawn(|| {
        let _ = io::stdin().read(&mut [0]);
        ENDED.store(true, Relaxed);
    });
    let mut scrapes = 0;
    while !ENDED.load(Relaxed) {
        scrape(address, encoding).expect("the server answers");
        scrapes += 1;
    }
    println!("{scrapes}");
}

fn scrape(address: &str, encoding: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET /metrics HTTP/1.1\r\nhost: bench\r\naccept-encoding: {encoding}\r\nconnection: close\r\n\r\n"
    )?;
    let mut answer = vec![0; 1 << 20];
    let begin = stream.read(&mut answer)?;
    assert!(
        answer[..begin].starts_with(b"HTTP/1.1 200"),
        "a scrape failed"
    );
    while stream.read(&mut answer)? > 0 {}
    Ok(())
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `1.23ms` in microseconds.
fn micros(text: &str) -> f64 {
    let (number, unit) = text.split_at(text.find(|c: char| c.is_alphabetic()).unwrap_or(0));
    let number: f64 = number.parse().expect("a number");
    number
        * match unit {
            "us" => 1.0,
            "ms" => 1e3,
            _ => 1e6,
        }
}

async fn serve_subject(subject: Subject, port: u16) -> io::Result<()> {
    let case = Case::of_name("named");
    let address = (Ipv4Addr::LOCALHOST, port);
    let sets = scrapes::label_sets(scrapes::Many::Routes, LABEL_SETS);
    match subject {
        Subject::Ours => {
            let metrics = gds_metrics::GdsMetrics::builder()
                .max_label_sets(2 * LABEL_SETS)
                .build()
                .expect("the settings are right");
            let app = App::new().configure(scrapes::resources(&sets));
            let app = test::init_service(app.wrap(metrics.clone())).await;
            for set in &sets {
                send(&app, set.request()).await;
            }
            let app = move || {
                App::new()
                    .configure(case.routes())
                    .service(metrics.scope())
                    .wrap(metrics.clone())
            };
            HttpServer::new(app).workers(1).bind(address)?.run().await
        }
        Subject::ActixWebProm => {
            let metrics = peers::actix_web_prom();
            let app = App::new().configure(scrapes::resources(&sets));
            let app = test::init_service(app.wrap(metrics.clone())).await;
            for set in &sets {
                send(&app, set.request()).await;
            }
            let app = move || App::new().configure(case.routes()).wrap(metrics.clone());
            HttpServer::new(app).workers(1).bind(address)?.run().await
        }
        _ => {
            let app = move || App::new().configure(case.routes());
            HttpServer::new(app).workers(1).bind(address)?.run().await
        }
    }
}
