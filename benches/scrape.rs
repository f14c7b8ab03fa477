//! The time of a scrape, measured by criterion and compared with the peers.

#![allow(missing_docs)]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use support::scrapes::{Ask, Exposer, Many, measure};

const ASKS: [(&str, Ask); 3] = [
    (
        "text",
        Ask {
            openmetrics: false,
            gzip: false,
        },
    ),
    (
        "openmetrics",
        Ask {
            openmetrics: true,
            gzip: false,
        },
    ),
    (
        "gzip",
        Ask {
            openmetrics: false,
            gzip: true,
        },
    ),
];

fn scrapes(criterion: &mut Criterion) {
    for count in [100, 5000, 20_000, 100_000] {
        for many in [Many::Routes, Many::Hosts] {
            let mut group = criterion.benchmark_group(format!("scrape/{count}/{}", many.name()));
            group.sample_size(10);
            for exposer in Exposer::ALL {
                // The peers have one format each, and do not compress.
                let asks = if exposer == Exposer::Ours {
                    &ASKS[..]
                } else {
                    &ASKS[..1]
                };
                for (name, ask) in asks {
                    group.bench_function(format!("{}/{name}", exposer.name()), |bencher| {
                        bencher.iter_custom(|times| {
                            let scrapes = times.clamp(1, 100);
                            let scrapes = usize::try_from(scrapes).unwrap_or(1);
                            let least = measure(exposer, many, count, *ask, scrapes).least;
                            least.mul_f64(times as f64)
                        });
                    });
                }
            }
        }
    }
}

criterion_group!(benches, scrapes);
criterion_main!(benches);
