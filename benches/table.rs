//! Requests, workers and scrapes, compared with the peers, as a part of `docs/benchmarks.md`, which
//! `benches/page.sh` makes.
//!
//! `cargo bench --features peers --bench table -- requests`, `workers`, `scrapes` or `gzip`
//! measures only that part. Each measurement runs in a process of its own, the subjects take turns,
//! and the minimum counts.

#![allow(missing_docs, clippy::print_stdout, clippy::print_stderr)]

mod support;

use std::{
    collections::HashMap,
    env, fs,
    process::{Command, Stdio},
    thread,
};

use flate2::Compression;
use support::{
    Case, Subject, Work, arguments, callgrind, run, run_with,
    scrapes::{self, Ask, Exposer, Many},
};

fn main() {
    let arguments = arguments();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match &words[..] {
        ["send", subject, case, count] => {
            let (subject, case) = (Subject::named(subject), Case::of_name(case));
            run(subject, case, Work::Send(number(count)));
        }
        ["time", subject, case, count] => {
            let (subject, case) = (Subject::named(subject), Case::of_name(case));
            println!("{}", run(subject, case, Work::Time(number(count))));
        }
        ["worker", subject, workers, series, count] => {
            let each = worker_time(
                Subject::named(subject),
                number(workers),
                *series == "same",
                number(count),
            );
            println!("{each}");
        }
        ["scrape", exposer, many, count, ask, times] => {
            let scrape = scrapes::measure(
                Exposer::named(exposer),
                Many::named(many),
                number(count),
                Ask {
                    openmetrics: ask.contains("openmetrics"),
                    gzip: ask.contains("gzip"),
                },
                number(times),
            );
            let micros = scrape.least.as_secs_f64() * 1e6;
            println!(
                "{micros} {} {} {}",
                scrape.bytes, scrape.memory_per_set, scrape.peak
            );
        }
        [] => {
            head();
            requests();
            workers();
            scrape_times();
            gzip();
        }
        ["requests"] => requests(),
        ["workers"] => workers(),
        ["scrapes"] => scrape_times(),
        ["gzip"] => gzip(),
        _ => panic!("what is {words:?}?"),
    }
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

/// Runs this program with these arguments, and reads the numbers that it prints.
fn measured(arguments: &[&str]) -> Vec<f64> {
    let output = Command::new(env::current_exe().expect("this program has a path"))
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .expect("this program runs");
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8_lossy(&output.stdout)
        .split_whitespace()
        .map(|word| word.parse().expect("a number"))
        .collect()
}

fn head() {
    let said = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).output();
        output.map_or_else(
            |_| "unknown".to_owned(),
            |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        )
    };
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown", |(_, name)| name);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    println!(
        "# Measured on {}\n\n\
         {processor}, {cores} cores; {}; Cargo's own release profile. Instructions and allocations are\n\
         counted by callgrind and repeat. Times are processor time, the least of several runs, with the\n\
         subjects in turns, and vary by some per cent.\n",
        said("date", "+%F"),
        said("rustc", "--version"),
    );
}

/// Requests that are timed in one process.
const REQUESTS: &str = "50000";
const ROUNDS: usize = 15;

fn requests() {
    let subjects = [
        Subject::Ours,
        Subject::Pattern,
        Subject::ActixWebProm,
        Subject::ActixWebMetrics,
        Subject::Family,
    ];
    println!("## A request\n");
    println!(
        "Added to bare Actix, in process: six routes, five paths in turn, ids that vary. `pattern`\n\
         records nothing: it asks Actix for the pattern of the resource, and drops it. `Family` records in\n\
         families of prometheus-client.\n"
    );
    println!("| middleware | routes | instructions | allocations | ns | gds-metrics needs |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for name in ["named", "unnamed"] {
        let case = Case::of_name(name);
        let bare = callgrind::cost(Subject::Bare, case);
        let times = times(&[&[Subject::Bare][..], &subjects].concat(), case);
        let added_time = |subject: Subject| times[subject.name()] - times["bare"];
        let ours = callgrind::cost(Subject::Ours, case) - bare;
        for subject in subjects {
            let cost = callgrind::cost(subject, case) - bare;
            let time = added_time(subject);
            let ratio = if matches!(subject, Subject::Ours | Subject::Pattern) {
                String::new()
            } else {
                format!(
                    "{:.1} times fewer instructions, {:.1} times less time",
                    cost.instructions / ours.instructions,
                    time / added_time(Subject::Ours),
                )
            };
            println!(
                "| {} | {name} | {:.0} | {:.1} | {time:.0} | {ratio} |",
                subject.name(),
                cost.instructions,
                cost.allocations,
            );
        }
    }

    println!();
}

/// The minimum time of each subject, measured in turns.
fn times(subjects: &[Subject], case: Case) -> HashMap<&'static str, f64> {
    let mut least = HashMap::new();
    for _ in 0..ROUNDS {
        for subject in subjects {
            let time = measured(&["time", subject.name(), case.name, REQUESTS])[0];
            let least = least.entry(subject.name()).or_insert(f64::MAX);
            *least = least.min(time);
        }
    }
    least
}

/// The processor time of a request while this many workers record at once.
fn worker_time(subject: Subject, workers: usize, same: bool, count: usize) -> f64 {
    let case = Case::of_name("named");
    let metrics = Case::of_name("eight-hosts").metrics();
    let times = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers)
            .map(|worker| {
                let metrics = metrics.clone();
                let case = Case {
                    first_host: if same { 0 } else { worker },
                    ..case
                };
                scope.spawn(move || run_with(subject, case, metrics, Work::Time(count)))
            })
            .collect();
        let times = workers.into_iter().map(|worker| worker.join());
        times
            .map(|time| time.expect("no worker panics"))
            .sum::<f64>()
    });
    times / workers as f64
}

fn workers() {
    println!("## Workers\n");
    println!(
        "Processor time that gds-metrics adds to a request, in ns, by the number of workers that record at\n\
         once.\n"
    );
    println!("| workers | the same series | series of their own |");
    println!("| --- | --- | --- |");
    for workers in ["1", "2", "4"] {
        let mut least = [f64::MAX; 3];
        for _ in 0..ROUNDS {
            for (i, (subject, series)) in [
                ("bare", "same"),
                ("gds-metrics", "same"),
                ("gds-metrics", "different"),
            ]
            .into_iter()
            .enumerate()
            {
                let time = measured(&["worker", subject, workers, series, REQUESTS])[0];
                least[i] = least[i].min(time);
            }
        }
        let [bare, same, different] = least;
        println!(
            "| {workers} | {:.0} | {:.0} |",
            same - bare,
            different - bare
        );
    }
    println!();
}

fn scrape_times() {
    println!("## A scrape\n");
    println!(
        "In milliseconds, the least of several: gds-metrics through its resource, the others by their\n\
         encoders alone. A label set has 18 samples, and the label with many values is the path or the host.\n\
         `peak / body` is the most memory that a scrape takes, as a multiple of its plain body, and `bytes`\n\
         the resident memory of a label set. All compress with flate2 at level 1.\n"
    );
    println!(
        "| label sets | many | exposer | format | ms | gds-metrics is | peak / body | bytes |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (count, many, times, rounds) in [
        (100, Many::Routes, "200", 3),
        (5000, Many::Routes, "15", 3),
        (5000, Many::Hosts, "15", 3),
        (20_000, Many::Routes, "5", 2),
        (100_000, Many::Routes, "2", 2),
    ] {
        scrape_rows(count, many, times, rounds);
    }
    println!();
}

fn scrape_rows(count: usize, many: Many, times: &str, rounds: usize) {
    let rows = [
        (Exposer::Ours, "text"),
        (Exposer::Ours, "openmetrics"),
        (Exposer::Ours, "gzip"),
        (Exposer::PrometheusClient, "openmetrics"),
        (Exposer::PrometheusClient, "gzip"),
        (Exposer::Prometheus, "text"),
        (Exposer::MetricsExporter, "text"),
    ];
    let mut least: Vec<Vec<f64>> = Vec::new();
    for round in 0..rounds {
        for (i, (exposer, ask)) in rows.into_iter().enumerate() {
            let numbers = measured(&[
                "scrape",
                exposer.name(),
                many.name(),
                &count.to_string(),
                ask,
                times,
            ]);
            if round == 0 {
                least.push(numbers);
            } else {
                least[i][0] = least[i][0].min(numbers[0]);
            }
        }
    }
    for ((exposer, ask), row) in rows.iter().zip(&least) {
        let [micros, bytes, memory, peak] = row[..] else {
            panic!("four numbers")
        };
        let ours = match *ask {
            "openmetrics" => least[1][0],
            "gzip" => least[2][0],
            _ => least[0][0],
        };
        let ratio = if *exposer == Exposer::Ours {
            String::new()
        } else {
            format!("{:.1} times faster", micros / ours)
        };
        // Below that, the size of memory pages dominates.
        let peak = if bytes < 1e6 || *ask == "gzip" {
            String::new()
        } else {
            format!("{:.2}", peak / bytes)
        };
        println!(
            "| {count} | {} | {} | {ask} | {:.3} | {ratio} | {peak} | {memory:.0} |",
            many.name(),
            exposer.name(),
            micros / 1000.0,
        );
    }
}

fn gzip() {
    let backend = if cfg!(feature = "zlib-rs") {
        "zlib-rs"
    } else {
        "miniz_oxide"
    };
    println!("## Compression\n");
    println!("flate2 on {backend}, an exposition of 5,000 label sets.\n");
    println!("| level | ms | times smaller |");
    println!("| --- | --- | --- |");
    let text = scrapes::text(5000);
    for level in [1, 2, 3, 6] {
        let level = Compression::new(level);
        let len = scrapes::compressed(&text, level).len();
        let least = support::least(7, || {
            scrapes::compressed(&text, level);
        });
        let level = level.level();
        println!(
            "| {level} | {:.1} | {:.1} |",
            least.as_secs_f64() * 1e3,
            text.len() as f64 / len as f64
        );
    }
    println!();
}
