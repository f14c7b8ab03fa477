//! Thousands of concurrent scenarios, drawn from one seed.

use std::{
    collections::BTreeMap,
    sync::Mutex,
    thread,
    time::{Duration, SystemTime},
};

use crate::{
    failures::{REASONS, Row, TABLE},
    shop::{Setup, Shop, play},
    support::{
        client::Client,
        eventually,
        random::{Random, setting},
    },
};

/// Sets the seed.
const SEED: &str = "GDS_METRICS_TEST_SEED";
/// Sets how many scenarios are run, each without and with the extended group.
const SCENARIOS: &str = "GDS_METRICS_TEST_SCENARIOS";

const THREADS: usize = 8;
/// The scenarios that a thread runs between two comparisons.
const ROUND: usize = 16;
/// Requests that are kept in flight during a round.
const HELD: usize = 5;

/// The minimum and the maximum of what must have been recorded.
type Bounds = (u64, u64);

#[derive(Debug, Default)]
struct Tally {
    lines: BTreeMap<String, Bounds>,
    exceptions: BTreeMap<String, Bounds>,
    truncated: BTreeMap<&'static str, Bounds>,
}

impl Tally {
    fn line(&mut self, line: &str) {
        add(self.lines.entry(line.to_owned()).or_default(), (1, 1));
    }

    /// A request that the server may not even have received.
    fn maybe(&mut self, line: &str) {
        add(self.lines.entry(line.to_owned()).or_default(), (0, 1));
    }

    fn truncated(&mut self, reason: &'static str) {
        add(self.truncated.entry(reason).or_default(), (1, 1));
    }
}

fn add(bounds: &mut Bounds, more: Bounds) {
    bounds.0 += more.0;
    bounds.1 += more.1;
}

/// One thread of the scenarios, with a connection that is reused while it lasts.
struct Player<'s> {
    shop: &'s Shop,
    random: Random,
    tally: &'s Mutex<Tally>,
    client: Option<Client>,
    name: String,
    sent: u64,
}

impl Player<'_> {
    fn client(&mut self) -> Client {
        let fresh = self.random.below(4) == 0;
        let kept = self.client.take().filter(|_| !fresh);
        kept.unwrap_or_else(|| self.shop.server.connect())
    }

    fn note(&self, note: impl FnOnce(&mut Tally)) {
        note(&mut self.tally.lock().expect("no panic under the lock"));
    }

    /// Sends a request and waits only until it has arrived.
    fn begin(&mut self, request: &str) -> Client {
        let mut client = self.client();
        self.sent += 1;
        let id = format!("{}-{}", self.name, self.sent);
        let (line, rest) = request.split_once('\n').expect("a request line");
        let request = format!("{line}\nHost: app.example\nid: {id}\n{rest}");
        client.send(request.replace('\n', "\r\n"));
        self.shop.arrived(&id);
        client
    }

    fn play(&mut self) {
        match self.random.below(12) {
            0..=3 => self.failure(),
            4 => self.pipelined(),
            5 => {
                self.begin("GET /wait HTTP/1.1\n\n").reset();
                self.note(|tally| tally.line("GET app.example /wait 499"));
            }
            6 => {
                let request = "POST /upload HTTP/1.1\nContent-Length: 1000\n\n12345";
                self.begin(request).reset();
                self.note(|tally| tally.line("POST app.example /upload 499"));
            }
            7 => {
                let mut client = self.begin("GET /endless HTTP/1.1\n\n");
                assert_eq!(client.head().status, 200);
                (0..self.random.below(5)).for_each(|_| assert!(client.chunk().is_some()));
                client.reset();
                self.note(|tally| {
                    tally.line("GET app.example /endless 200");
                    tally.truncated("client");
                });
            }
            8 => {
                let mut client = self.begin("GET /events HTTP/1.1\n\n");
                assert_eq!(client.head().status, 200);
                client.reset();
                self.note(|tally| tally.line("GET app.example /events 200"));
            }
            9 => {
                let upgrade = "Connection: Upgrade\nUpgrade: websocket\n\nping";
                let mut client = self.begin(&format!("GET /websocket HTTP/1.1\n{upgrade}"));
                assert_eq!(client.head().status, 101);
                assert_eq!(client.bytes(4), b"ping");
                client.reset();
                self.note(|tally| tally.line("GET app.example /websocket 101"));
            }
            10 => {
                let mut client = self.begin("GET /users/1 HTTP/1.1\n\n");
                client.half_close();
                assert_eq!(client.response().status, 200);
                self.note(|tally| tally.line("GET app.example /users/{id} 200"));
            }
            _ => self.gone_at_once(),
        }
    }

    /// A reset at any moment, perhaps before the server has read anything. Actix treats a reset
    /// that arrives with the request's last bytes as a half-close, and lets the handler finish.
    fn gone_at_once(&mut self) {
        let mut client = self.shop.server.connect();
        let whole = "GET /slow HTTP/1.1\r\nHost: app.example\r\n\r\n";
        let part = match self.random.below(2) {
            0 => whole.len(),
            _ => self.random.below(whole.len()),
        };
        client.send(&whole[..part]);
        thread::sleep(Duration::from_micros(self.random.next() % 8_000));
        client.reset();
        if part == whole.len() {
            self.note(|tally| {
                tally.maybe("GET app.example /slow 200");
                tally.maybe("GET app.example /slow 499");
            });
        }
    }

    fn failure(&mut self) {
        let row = Row::parse(TABLE[self.random.below(TABLE.len())]);
        let mut client = self.client();
        if row.send(&mut client, "") {
            self.client = Some(client);
        }
        self.note(|tally| {
            tally.line(&row.line);
            if let Some(kind) = row.exception {
                add(tally.exceptions.entry(kind.to_owned()).or_default(), (1, 1));
            }
            if let Some(reason) = row.reason {
                tally.truncated(reason);
            }
        });
    }

    fn pipelined(&mut self) {
        let mut client = self.client();
        let requests = self.random.below(6) + 1;
        let request = "GET /ok HTTP/1.1\r\nHost: app.example\r\n\r\n";
        client.send(request.repeat(requests));
        for _ in 0..requests {
            assert_eq!(client.response().text(), "ok");
            self.note(|tally| tally.line("GET app.example /ok 200"));
        }
        self.client = Some(client);
    }
}

#[test]
fn interleaved_scenarios() {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seed = setting(SEED, now.map_or(0, |now| now.as_secs()));
    let scenarios = setting(SCENARIOS, 2_000);
    println!("to play this again: {SEED}={seed} {SCENARIOS}={scenarios}");

    let setup = Setup {
        workers: 4,
        ..Setup::default()
    };
    let rounds = scenarios.div_ceil((THREADS * ROUND) as u64);
    play(setup, |shop| {
        let shop = &*shop;
        let tally = Mutex::<Tally>::default();
        for round in 0..rounds {
            // Some requests stay in flight while others start and end.
            let mut held: Vec<_> = (0..HELD).map(|_| hold(shop, &tally)).collect();
            thread::scope(|scope| {
                for thread in 0..THREADS {
                    let random = Random::new(seed ^ (round << 32) ^ (thread as u64) << 16);
                    let mut player = Player {
                        shop,
                        random,
                        tally: &tally,
                        client: None,
                        name: format!("{round}-{thread}"),
                        sent: 0,
                    };
                    scope.spawn(move || (0..ROUND).for_each(|_| player.play()));
                }
            });
            eventually(["/gate"; HELD], || shop.in_flight());
            let started = shop.traffic.started();
            assert_eq!(shop.scrape().total() + HELD as u64, started);
            shop.gate.add_permits(HELD);
            for client in &mut held {
                assert_eq!(client.response().text(), "through");
            }
            compare(shop, &tally.lock().expect("no panic under the lock"));
        }
    });
}

fn hold(shop: &Shop, tally: &Mutex<Tally>) -> Client {
    let mut client = shop.server.connect();
    client.send("GET /gate HTTP/1.1\r\nHost: app.example\r\n\r\n");
    let mut tally = tally.lock().expect("no panic under the lock");
    tally.line("GET app.example /gate 200");
    client
}

/// Compares what was recorded with the scenarios that were run.
fn compare(shop: &Shop, tally: &Tally) {
    let scrape = shop.settle();
    within(&scrape.recorded(), &tally.lines);
    within(&scrape.exceptions(), &tally.exceptions);
    if shop.extended {
        let truncated = REASONS.into_iter().zip(shop.truncated());
        for (reason, count) in truncated {
            let expected = tally.truncated.get(reason).copied().unwrap_or_default();
            assert!(
                (expected.0 as f64..=expected.1 as f64).contains(&count),
                "{reason}: {count}"
            );
        }
    }
}

fn within(found: &[String], expected: &BTreeMap<String, Bounds>) {
    let mut missing = expected.clone();
    for line in found {
        let (line, count) = line.rsplit_once(" x").expect("a count");
        let (least, most) = missing.remove(line).unwrap_or_default();
        let count: u64 = count.parse().expect("a count");
        assert!(
            (least..=most).contains(&count),
            "{line}: {count}, not {least} to {most}"
        );
    }
    missing.retain(|_, bounds| bounds.0 > 0);
    assert!(missing.is_empty(), "not recorded: {missing:?}");
}
