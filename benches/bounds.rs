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
/// Each bound is slightly above the last count, so that a regression fails. The targets: 980 for
/// named and unnamed routes, 1,500 without a route, 1,000 for hosts beyond the cap, 1,450 for the
/// extended group.
const BOUNDS: [(&str, f64, f64); 21] = [
    ("named", 1069.0, 0.0),
    ("unnamed", 1071.0, 0.0),
    ("no-endpoint", 1250.0, 0.0),
    // Actix searches its resource map, and allocates for each regular expression.
    ("no-endpoint-unseen", 8545.0, 5.0),
    ("hundred-routes", 1081.0, 0.0),
    ("hundred-routes-unnamed", 1078.0, 0.0),
    ("eight-hosts", 1137.0, 0.0),
    ("hosts-beyond", 1164.0, 0.0),
    ("at-the-cap", 1071.0, 0.0),
    ("extended", 1785.0, 0.0),
    ("extended-unnamed", 1807.0, 0.0),
    // The targets: 60 more than without native buckets, 100 more for exemplars if there is no
    // header. Of those, Actix's look-up of the header takes 79.
    ("native", 1114.0, 0.0),
    ("extended-native", 2000.0, 0.0),
    ("exemplars", 1185.0, 0.0),
    ("exemplars-traced", 1570.0, 0.0),
    ("extended-traced", 3170.0, 0.0),
    // The target: 60 more than with this crate's own label names.
    ("opentelemetry", 1084.0, 0.0),
    // Above that target: the proxy's address is looked up in the list, and its header is read.
    ("opentelemetry-proxied", 1461.0, 0.0),
    // The target: 80 more than `named`.
    ("blocking", 1298.0, 0.0),
    // Four further polls. The target: 150 more for each than without.
    ("pending", 1266.0, 0.0),
    ("blocking-pending", 2302.0, 0.0),
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
