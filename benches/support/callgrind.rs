//! Counts instructions and allocations with callgrind. Unlike times, both are reproducible.
//!
//! A bench runs itself under valgrind, once with a number of requests and once with twice as many:
//! the difference excludes one-time costs. Callgrind records the calls of `malloc`, so one run
//! gives both counts, and no allocator of our own distorts them.

use std::{
    collections::HashMap,
    env, fs,
    ops::Sub,
    path::Path,
    process::{self, Command, Stdio},
};

use super::{Case, Subject};

/// The cost of one request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    pub instructions: f64,
    pub allocations: f64,
}

impl Sub for Cost {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            instructions: self.instructions - other.instructions,
            allocations: self.allocations - other.allocations,
        }
    }
}

/// Requests in the shorter of the two runs.
const REQUESTS: u32 = 2000;

/// What a subject adds to bare Actix for one request.
pub fn added(subject: Subject, case: Case) -> Cost {
    cost(subject, case) - cost(Subject::Bare, case)
}

/// The total cost of one request.
pub fn cost(subject: Subject, case: Case) -> Cost {
    let (once, twice) = std::thread::scope(|scope| {
        let once = scope.spawn(|| count(subject, case, REQUESTS));
        let twice = count(subject, case, 2 * REQUESTS);
        (once.join().expect("counting does not panic"), twice)
    });
    let difference = twice - once;
    Cost {
        instructions: difference.instructions / f64::from(REQUESTS),
        allocations: difference.allocations / f64::from(REQUESTS),
    }
}

fn count(subject: Subject, case: Case, requests: u32) -> Cost {
    let mut valgrind = Command::new("valgrind");
    // With glibc's small default, some runs leave the thread's cache more often than others, and the
    // difference between two subjects contains the allocator's work.
    valgrind.env("GLIBC_TUNABLES", "glibc.malloc.tcache_count=120");
    let requests = requests.to_string();
    run_in(valgrind, &["send", subject.name(), case.name, &requests])
}

/// The cost of one run of this program with these arguments.
pub fn run(arguments: &[&str]) -> Cost {
    run_in(Command::new("valgrind"), arguments)
}

fn run_in(mut valgrind: Command, arguments: &[&str]) -> Cost {
    let name = format!("callgrind.{}.{}", process::id(), arguments.join("."));
    let out = env::temp_dir().join(name);
    let status = valgrind
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(env::current_exe().expect("this program has a path"))
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("valgrind is installed");
    assert!(status.success(), "{arguments:?}");
    let cost = read(&out);
    if env::var_os("KEEP_CALLGRIND").is_none() {
        let _ = fs::remove_file(out);
    }
    cost
}

/// <https://valgrind.org/docs/manual/cl-format.html>
fn read(out: &Path) -> Cost {
    const ALLOCATORS: [&str; 6] = [
        "malloc",
        "calloc",
        "realloc",
        "posix_memalign",
        "aligned_alloc",
        "memalign",
    ];
    let text = fs::read_to_string(out).expect("callgrind wrote its counts");
    let mut cost = Cost::default();
    // A name is written out once, and then referred to by a number.
    let mut allocators = HashMap::new();
    let mut calls_allocator = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("cfn=").or(line.strip_prefix("fn=")) {
            let (id, name) = name.split_once(' ').unwrap_or((name, ""));
            if !name.is_empty() {
                allocators.insert(id, ALLOCATORS.contains(&name));
            }
            calls_allocator = line.starts_with('c') && allocators.get(id) == Some(&true);
        } else if let Some(calls) = line.strip_prefix("calls=") {
            if calls_allocator {
                cost.allocations += number(calls);
            }
        } else if let Some(total) = line.strip_prefix("totals: ") {
            cost.instructions = number(total);
        }
    }
    cost
}

fn number(text: &str) -> f64 {
    let digits = text.split(' ').next().unwrap_or_default();
    digits.parse().expect("callgrind counts in whole numbers")
}
