//! Which fields are the same, and which only come from the same line.

#![allow(
    dead_code,
    reason = "the sets are registered, their fields are not all read"
)]

use std::marker::PhantomData;

use gds_metrics::{
    Counter, EncodeLabelSet, Family, Format, Gauge, GdsMetricSet, GdsMetrics, LabelSet, Metric,
    NamedLabels,
};

#[macro_use]
#[path = "derive_support/sets.rs"]
mod sets;

macro_rules! queue {
    ($module:ident, $help:literal, $buckets:expr) => {
        mod $module {
            use gds_metrics::*;

            #[derive(Clone, Debug, GdsMetricSet)]
            pub struct Metrics {
                #[doc = $help]
                #[metric(buckets = $buckets)]
                pub wait: Histogram,
            }
        }
    };
}

queue!(mail, "Mails.", [1.0]);
queue!(pdf, "Pages.", [100.0]);
queue!(same, "Mails.", [1.0]);

fn metrics() -> GdsMetrics {
    GdsMetrics::builder().build().unwrap()
}

/// The error of the second registration.
fn error<A: GdsMetricSet, B: GdsMetricSet>() -> String {
    let metrics = metrics();
    let _: A = metrics.register_labelled([("queue", "a")]).unwrap();
    match metrics.register_labelled::<B>([("queue", "b")]) {
        Ok(_) => panic!(
            "both are one family: {}",
            metrics.encode(Format::Text).unwrap()
        ),
        Err(error) => error.to_string(),
    }
}

#[test]
fn sets_of_one_macro_in_two_modules_are_different() {
    for message in [
        error::<mail::Metrics, pdf::Metrics>(),
        error::<mail::Metrics, same::Metrics>(),
    ] {
        assert!(
            message.contains("would own the name `wait_bucket`, which belongs to `derive_identity::mail::Metrics::wait ("),
            "{message}"
        );
    }
    let message = error::<mail::Metrics, pdf::Metrics>();
    assert!(
        message.starts_with("`derive_identity::pdf::Metrics::wait ("),
        "{message}"
    );
}

#[derive(Clone, Debug, GdsMetricSet)]
struct Marked<T> {
    /// Jobs done.
    done: Counter,
    #[metric(skip)]
    _marker: PhantomData<T>,
}

#[derive(Clone, Debug, GdsMetricSet)]
struct Either<M: Metric> {
    /// Anything.
    thing: M,
}

#[derive(Clone, Debug, GdsMetricSet)]
struct Labelled<L: LabelSet + NamedLabels> {
    /// Jobs, by label.
    jobs: Family<L, Gauge>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct One {
    one: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Two {
    two: bool,
}

#[test]
fn type_parameters_make_a_field_different_if_they_change_the_metric() {
    let metrics = metrics();
    let first: Marked<u8> = metrics.register_labelled([("queue", "a")]).unwrap();
    let second: Marked<u16> = metrics.register_labelled([("queue", "b")]).unwrap();
    first.done.inc();
    second.done.inc_by(2);
    assert_eq!(metrics.sample("done_total", &[("queue", "a")]), Some(1.0));
    assert_eq!(metrics.sample("done_total", &[("queue", "b")]), Some(2.0));

    for (message, what) in [
        (error::<Either<Gauge>, Either<Counter>>(), "kind"),
        (error::<Labelled<One>, Labelled<Two>>(), "label set"),
    ] {
        assert!(
            message.contains(&format!(")` with another {what}: rename this field")),
            "{message}"
        );
    }
}

jobs_of_another_file!(Jobs);

#[test]
fn the_file_and_the_line_are_those_of_one_place() {
    let metrics = Jobs::SCHEMA.metrics();
    let (file, line) = (metrics[0].file(), metrics[0].line());
    assert!(file.ends_with("derive_support/sets.rs"), "{file}:{line}");
    let source = include_str!("derive_support/sets.rs").lines();
    let defined = source
        .zip(1..)
        .find(|(text, _)| text.ends_with("// the line of the definition"));
    assert_eq!(defined.map(|(_, line)| line), Some(line));
}
