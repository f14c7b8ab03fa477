//! The generated code does not depend on the names in scope or on the path of the crate.

// Some of the names below only exist to shadow others.
#![allow(dead_code, unused_macros, non_camel_case_types, non_upper_case_globals)]

/// A re-export of the crate.
mod elsewhere {
    pub use gds_metrics as metrics;
}

/// Without a prelude, no other names exist, and no `diagnostic::…` attributes either.
mod shadowed {
    #![no_implicit_prelude]

    macro_rules! shadow {
        ($($name:ident)+) => {$( struct $name; )+};
    }
    shadow!(Option Some None Result Ok Err String Vec Box Default Clone Iterator Self_ Entry Schema);
    mod core {}
    mod std {}
    mod alloc {}
    mod gds_metrics {}

    type u32 = ();
    type u64 = ();
    type f64 = ();
    type str = ();
    type bool = ();
    type usize = ();

    // If generated code has a parameter or variable of one of these names, it becomes a pattern.
    const encoder: () = ();
    const builder: () = ();
    const value: () = ();
    const BOUNDS: [::core::primitive::f64; 2] = [1.0, 2.0];
    const ARRAY: [::core::primitive::f64; 1] = [3.0];

    macro_rules! unreachable {
        () => {
            compile_error!("shadowed")
        };
    }
    macro_rules! file {
        () => {
            compile_error!("shadowed")
        };
    }

    #[derive(::gds_metrics::GdsMetricSet)]
    #[metric(prefix = "app", labels(team = "x"))]
    pub struct Set<T: ::core::fmt::Debug> {
        /// A counter.
        #[metric(zero)]
        pub counter: ::gds_metrics::Family<Labels, ::gds_metrics::Counter>,
        /// A histogram.
        #[metric(buckets = BOUNDS, unit = "seconds")]
        pub histogram: ::gds_metrics::Histogram,
        /// A histogram.
        #[metric(buckets = ARRAY)]
        pub another: ::gds_metrics::Histogram,
        /// A histogram.
        #[metric(unit = "seconds", buckets = [1, 2])]
        pub listed: ::gds_metrics::Histogram,
        /// A closed family.
        #[metric(rename = "closedSeconds_ms")]
        pub closed: ::gds_metrics::ClosedFamily<Labels, ::gds_metrics::Counter>,
        /// A state set.
        pub state: ::gds_metrics::StateSet<Value>,
        #[metric(flatten)]
        pub nested: Nested,
        #[metric(skip)]
        pub note: ::core::option::Option<T>,
    }

    #[derive(::gds_metrics::GdsMetricSet)]
    #[metric(crate = crate::elsewhere::metrics)]
    pub struct Nested {
        /// A gauge.
        pub r#type: ::gds_metrics::Gauge,
        // Not compiled.
        #[cfg(any())]
        pub missing: NoSuchType,
        /// A gauge.
        #[cfg(not(any()))]
        pub present: ::gds_metrics::Gauge,
    }

    #[derive(
        ::core::clone::Clone,
        ::core::fmt::Debug,
        ::core::cmp::PartialEq,
        ::core::cmp::Eq,
        ::core::hash::Hash,
        ::gds_metrics::EncodeLabelSet,
    )]
    #[metric(crate = crate::elsewhere::metrics)]
    pub struct Labels {
        pub encoder: Value,
        pub r#type: ::core::option::Option<Value>,
    }

    #[derive(
        ::core::clone::Clone,
        ::core::marker::Copy,
        ::core::fmt::Debug,
        ::core::cmp::PartialEq,
        ::core::cmp::Eq,
        ::core::hash::Hash,
        ::gds_metrics::EncodeLabelValue,
    )]
    #[metric(crate = crate::elsewhere::metrics)]
    pub enum Value {
        Option,
        None,
        Some(::core::primitive::bool),
    }
}

#[test]
fn it_works_with_everything_shadowed_and_without_a_prelude() {
    let metrics = gds_metrics::GdsMetrics::builder().build().unwrap();
    let set: shadowed::Set<std::rc::Rc<str>> = metrics.register().unwrap();
    set.histogram.observe(1.5);
    set.listed.observe(1.5);
    let labels = shadowed::Labels {
        encoder: shadowed::Value::Some(true),
        r#type: Some(shadowed::Value::None),
    };
    set.closed.get(&labels).inc();
    set.nested.present.set(4);
    set.nested.r#type.set(5);
    assert!(set.note.is_none());

    let sample = |name, labels: &[(&str, &str)]| {
        let labels = [labels, &[("team", "x")]].concat();
        metrics.sample(name, &labels)
    };
    assert_eq!(
        sample("app_counter_total", &[("encoder", "option")]),
        Some(0.0)
    );
    assert_eq!(
        sample(
            "app_counter_total",
            &[("encoder", "true"), ("type", "false")]
        ),
        Some(0.0)
    );
    assert_eq!(
        sample("app_histogram_seconds_bucket", &[("le", "2.0")]),
        Some(1.0)
    );
    assert_eq!(
        sample("app_listed_seconds_bucket", &[("le", "2.0")]),
        Some(1.0)
    );
    assert_eq!(
        sample(
            "app_closedSeconds_ms_total",
            &[("encoder", "true"), ("type", "none")]
        ),
        Some(1.0)
    );
    assert_eq!(sample("app_another_bucket", &[("le", "3.0")]), Some(0.0));
    assert_eq!(sample("app_state", &[("app_state", "option")]), Some(1.0));
    assert_eq!(sample("app_present", &[]), Some(4.0));
    assert_eq!(sample("app_type", &[]), Some(5.0));
}
