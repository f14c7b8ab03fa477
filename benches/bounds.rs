//! The maximum cost of a request in instructions and allocations, which are both counted and
//! reproducible.
//!
//! `cargo bench --bench bounds` (or `benches/check-bounds.sh`) fails if a count exceeds its bound.
//! It needs valgrind.

// The output of a bench is its result.
#![allow(missing_docs, clippy::print_stdout)]

mod support;

use std::process::ExitCode;

use support::{Case, Subject, Work, arguments, callgrind, run};

/// What a request adds to bare Actix: instructions and allocations.
///
/// Each bound is slightly above the last count, so that a regression fails. `docs/benchmarks.md` has
/// the counts, and the targets.
const BOUNDS: [(&str, f64, f64); 21] = [
    ("named", 995.0, 0.0),
    ("unnamed", 995.0, 0.0),
    ("no-endpoint", 1262.0, 0.0),
    // Actix searches its resource map, and allocates for each regular expression.
    ("no-endpoint-unseen", 8440.0, 5.0),
    ("hundred-routes", 993.0, 0.0),
    ("hundred-routes-unnamed", 993.0, 0.0),
    ("eight-hosts", 999.0, 0.0),
    ("hosts-beyond", 1011.0, 0.0),
    ("at-the-cap", 999.0, 0.0),
    ("extended", 1632.0, 0.0),
    ("extended-unnamed", 1632.0, 0.0),
    ("native", 1034.0, 0.0),
    ("extended-native", 1802.0, 0.0),
    ("exemplars", 1147.0, 0.0),
    ("exemplars-traced", 1538.0, 0.0),
    ("extended-traced", 3092.0, 0.0),
    ("opentelemetry", 1023.0, 0.0),
    ("opentelemetry-proxied", 1403.0, 0.0),
    ("blocking", 1051.0, 0.0),
    // Five polls.
    ("pending", 1231.0, 0.0),
    ("blocking-pending", 1856.0, 0.0),
];

fn main() -> ExitCode {
    let arguments = arguments();
    if let [send, subject, case, count] = &arguments[..]
        && send == "send"
    {
        let count = count.parse().expect("a number of requests");
        run(
            Subject::named(subject),
            Case::of_name(case),
            Work::Send(count),
        );
        return ExitCode::SUCCESS;
    }

    let (mut passed, mut failed) = (0, 0);
    println!("case                    instructions  bound  allocations  bound");
    for (name, instructions, allocations) in BOUNDS {
        let case = Case::of_name(name);
        let bare = callgrind::cost(Subject::Bare, case);
        let added = callgrind::cost(Subject::Ours, case) - bare;
        // The tolerance, less than one in twenty requests, covers rare allocations, such as a table
        // that grows.
        let ok = added.instructions <= instructions && added.allocations <= allocations + 0.05;
        if ok {
            passed += 1;
        } else {
            failed += 1;
        }
        println!(
            "{name:23} {:12.0} {instructions:6.0} {:12.2} {:6.2}  {}",
            added.instructions,
            added.allocations,
            allocations,
            if ok { "ok" } else { "ABOVE" },
        );
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
