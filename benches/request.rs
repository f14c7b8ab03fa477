//! The time of a request, measured by criterion and compared with the peers. It is processor time
//! and includes bare Actix; `table` shows the difference.

#![allow(missing_docs)]

mod support;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use support::{Case, Subject, Work, run};

fn requests(criterion: &mut Criterion) {
    for case in Case::ALL {
        let mut group = criterion.benchmark_group(format!("request/{}", case.name));
        group.sample_size(10);
        for &subject in Subject::ALL {
            group.bench_function(subject.name(), |bencher| {
                bencher.iter_custom(|count| {
                    let count = count.max(100);
                    let sent = usize::try_from(count).unwrap_or(usize::MAX);
                    let each = run(subject, case, Work::Time(sent));
                    Duration::from_secs_f64(1e-9 * each * count as f64)
                });
            });
        }
    }
}

criterion_group!(benches, requests);
criterion_main!(benches);
