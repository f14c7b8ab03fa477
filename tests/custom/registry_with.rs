//! `register_with`: prometheus-client's registry and its quirks.
//!
//! Each test shows a quirk in prometheus-client's own exposition first. If such an assertion fails after an
//! update, upstream has changed: see `custom/compat`.

use std::{
    fmt::{self, Write as _},
    sync::atomic::AtomicU64,
};

use gds_metrics::{
    Counter, EncodeLabelSet, Format, Gauge, GdsMetricSet, GdsMetrics, Info, Summary,
    prometheus_client::{
        collector::Collector,
        encoding::{DescriptorEncoder, EncodeMetric, LabelSetEncoder, text},
        metrics::{
            MetricType,
            counter::ConstCounter,
            exemplar::{CounterWithExemplar, HistogramWithExemplars},
            family::Family,
            gauge::ConstGauge,
            histogram::{Histogram, NativeHistogramConfig},
            info,
        },
        registry::{Registry, Unit},
    },
};

struct Exposed {
    theirs: String,
    metrics: GdsMetrics,
}

/// The exposition of prometheus-client, and that of this crate.
fn exposed(register: impl Fn(&mut Registry)) -> Exposed {
    let mut registry = Registry::default();
    register(&mut registry);
    let mut theirs = String::new();
    text::encode(&mut theirs, &registry).unwrap();
    let metrics = GdsMetrics::builder().build().unwrap();
    metrics.register_with(register);
    Exposed { theirs, metrics }
}

impl Exposed {
    fn text(&self) -> String {
        self.without_http(Format::Text)
    }

    fn openmetrics(&self) -> String {
        self.without_http(Format::OpenMetrics)
    }

    /// Without the families that always exist.
    fn without_http(&self, format: Format) -> String {
        let text = self.metrics.encode(format).unwrap();
        text.split_inclusive('\n')
            .filter(|line| !line.contains("http_server_") && !line.contains("gds_metrics_"))
            .collect()
    }
}

#[track_caller]
fn assert_contains(text: &str, part: &str) {
    assert!(text.contains(part), "`{part}` is not in:\n{text}");
}

#[test]
fn the_full_stop_of_a_help_is_removed() {
    let exposed = exposed(|r| r.register("x", "Help", Counter::<u64>::default()));
    assert_contains(&exposed.theirs, "# HELP x Help.\n");
    assert_contains(
        &exposed.text(),
        "# HELP x_total Help\n# TYPE x_total counter\nx_total 0\n",
    );
    assert_contains(
        &exposed.openmetrics(),
        "# HELP x Help\n# TYPE x counter\nx_total 0\n# EOF\n",
    );
}

#[test]
fn total_is_not_added_twice() {
    let exposed = exposed(|r| r.register("x_total", "Help", Counter::<u64>::default()));
    assert_contains(&exposed.theirs, "x_total_total 0");
    assert_contains(&exposed.text(), "# TYPE x_total counter\nx_total 0\n");
    assert_contains(&exposed.openmetrics(), "# TYPE x counter\nx_total 0\n");
}

#[test]
fn total_is_not_added_twice_in_any_series() {
    let exposed = exposed(|r| {
        let family = Family::<Vec<(String, String)>, Counter>::default();
        for value in ["1", "2", "3"] {
            family
                .get_or_create(&vec![("v".into(), value.into())])
                .inc_by(0);
        }
        r.register("x_total", "Help", family);
    });
    for value in ["1", "2", "3"] {
        assert_contains(&exposed.text(), &format!("\nx_total{{v=\"{value}\"}} 0\n"));
    }
}

#[test]
fn a_unit_is_not_added_twice() {
    let exposed = exposed(|r| {
        r.register_with_unit("x_seconds", "Help", Unit::Seconds, Gauge::<i64>::default());
        r.register_with_unit("y", "Help", Unit::Seconds, Counter::<u64>::default());
    });
    assert_contains(&exposed.theirs, "x_seconds_seconds 0");
    assert_contains(
        &exposed.openmetrics(),
        "# TYPE x_seconds gauge\n# UNIT x_seconds seconds\nx_seconds 0\n",
    );
    assert_contains(
        &exposed.openmetrics(),
        "# TYPE y_seconds counter\n# UNIT y_seconds seconds\ny_seconds_total 0\n",
    );
}

#[test]
fn a_newline_in_the_help_injects_nothing() {
    let exposed = exposed(|r| {
        r.register(
            "x",
            "Help\nevil 1\n# TYPE x \\ \"q\"",
            Gauge::<i64>::default(),
        );
    });
    assert_contains(&exposed.theirs, "\nevil 1\n");
    assert_contains(
        &exposed.text(),
        "# HELP x Help\\nevil 1\\n# TYPE x \\\\ \"q\"\n# TYPE x gauge\nx 0\n",
    );
    assert_contains(
        &exposed.openmetrics(),
        "# HELP x Help\\nevil 1\\n# TYPE x \\\\ \\\"q\\\"\n",
    );
}

#[test]
fn a_help_may_look_like_the_header_of_another_family() {
    let exposed = exposed(|r| {
        let help = "Help\n# HELP y y\n# TYPE y gauge\ny 1";
        r.register("x", help, Gauge::<i64>::default());
        r.register("z", "Help", Gauge::<i64>::default());
    });
    assert_eq!(
        exposed.text(),
        "# HELP x Help\\n# HELP y y\\n# TYPE y gauge\\ny 1\n# TYPE x gauge\nx 0\n\
         # HELP z Help\n# TYPE z gauge\nz 0\n"
    );
}

/// Two lines could be the family's own type. The text after the first one could be forged.
#[test]
fn a_help_that_looks_like_samples_leaves_the_family_out() {
    let exposed = exposed(|r| {
        r.register(
            "x",
            "Help\n# TYPE x gauge\nx 666\n# more",
            Gauge::<i64>::default(),
        );
        r.register("y", "Help", Gauge::<i64>::default());
    });
    assert_contains(&exposed.theirs, "\nx 666\n");
    assert_eq!(exposed.text(), "# HELP y Help\n# TYPE y gauge\ny 0\n");
}

#[test]
fn the_second_of_two_families_is_left_out() {
    let exposed = exposed(|r| {
        r.register("x", "First", Gauge::<i64>::default());
        r.register("x", "Second", Gauge::<i64>::default());
        r.register("x", "Third", Counter::<u64>::default());
        r.register("y", "Fourth", Gauge::<i64>::default());
    });
    assert_eq!(exposed.theirs.matches("# TYPE x gauge").count(), 2);
    assert_eq!(
        exposed.text(),
        "# HELP x First\n# TYPE x gauge\nx 0\n# HELP y Fourth\n# TYPE y gauge\ny 0\n"
    );
}

#[test]
fn families_with_invalid_names_are_left_out() {
    let exposed = exposed(|r| {
        for name in ["", " ", "a b", "1a", "a\nb", "a{b", "{", "größe", "a-b"] {
            r.register(name, "Help", Gauge::<i64>::default());
        }
        r.register("good", "Help", Gauge::<i64>::default());
    });
    assert_contains(&exposed.theirs, "a b 0\n");
    assert_eq!(
        exposed.text(),
        "# HELP good Help\n# TYPE good gauge\ngood 0\n"
    );
}

#[test]
fn series_with_bad_labels_are_left_out() {
    let exposed = exposed(|r| {
        let family = Family::<Vec<(String, String)>, Gauge>::default();
        for key in [
            "", "a b", "1a", "a\nb", "a=\"", "}", ",", "__name__", "good",
        ] {
            family.get_or_create(&vec![(key.into(), "v".into())]).set(1);
        }
        let twice = vec![
            ("a".to_owned(), "1".to_owned()),
            ("a".to_owned(), "2".to_owned()),
        ];
        family.get_or_create(&twice).set(1);
        r.register("x", "Help", family);
    });
    assert_contains(&exposed.theirs, "a=\"1\",a=\"2\"");
    assert_eq!(
        exposed.text(),
        "# HELP x Help\n# TYPE x gauge\nx{good=\"v\"} 1\n"
    );
}

/// A label whose encoder may stop early.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Label {
    /// The name is written in several pieces.
    Key(&'static [&'static str]),
    WithoutValue,
    WithoutEnd,
    /// A second label is complete. Its name is written in these pieces.
    WithoutEndBefore(&'static [&'static str]),
    /// A second label has only a name, which ends in a line break.
    WithoutEndBeforeBreak,
}

impl EncodeLabelSet for Label {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        let mut label = encoder.encode_label();
        let mut key = label.encode_label_key()?;
        let Self::Key(pieces) = self else {
            key.write_str("a")?;
            if *self == Self::WithoutValue {
                return Ok(());
            }
            key.encode_label_value()?.write_str("v")?;
            if *self == Self::WithoutEndBeforeBreak {
                let mut label = encoder.encode_label();
                label.encode_label_key()?.write_str("\n")?;
            }
            if let Self::WithoutEndBefore(pieces) = self {
                let mut label = encoder.encode_label();
                let mut key = label.encode_label_key()?;
                for piece in *pieces {
                    key.write_str(piece)?;
                }
                let mut value = key.encode_label_value()?;
                value.write_str("w")?;
                value.finish()?;
            }
            return Ok(());
        };
        for piece in *pieces {
            key.write_str(piece)?;
        }
        let mut value = key.encode_label_value()?;
        value.write_str("v")?;
        value.finish()
    }
}

#[test]
fn label_names_may_be_written_in_pieces() {
    for (pieces, name) in [
        (&["a"][..], Some("a")),
        (&["a", "b"], Some("ab")),
        (&["", "a"], Some("a")),
        (&["a", "", "b"], Some("ab")),
        (&[], None),
        (&[""], None),
        (&["a", " b"], None),
    ] {
        let exposed = exposed(|r| {
            // From now on, `a` is a known name. Other names that begin with `a` must still be checked.
            let first = Family::<Label, Gauge>::default();
            first.get_or_create(&Label::Key(&["a"])).set(3);
            r.register("w", "Help", first);
            let family = Family::<Label, Gauge>::default();
            family.get_or_create(&Label::Key(pieces)).set(1);
            // The order of the two series is random.
            family.get_or_create(&Label::Key(&["a", "c"])).set(2);
            r.register("x", "Help", family);
            r.register("y", "Help", Gauge::<i64>::default());
        });
        let text = exposed.text();
        assert_eq!(text.contains("} 1\n"), name.is_some(), "{text}");
        if let Some(name) = name {
            assert_contains(&text, &format!("\nx{{{name}=\"v\"}} 1\n"));
        }
        assert_contains(&text, "\nx{ac=\"v\"} 2\n");
        assert!(text.ends_with("\ny 0\n"), "{text}");
        let lines = 9 + usize::from(name.is_some());
        assert_eq!(text.lines().count(), lines, "{text}");
    }
}

/// Text after a line break in a name is ambiguous, so more than the bad series may be left out.
#[test]
fn label_names_with_line_breaks_are_left_out() {
    for pieces in [
        &["\n"][..],
        &["a", "\n"],
        &["\n", "b"],
        &["\n", "x"],
        &["\n", "x", " "],
        // This looks like the end of a line, but a line has a number before its end.
        &["}", "\n"],
        &["}", "\n", "# HELP "],
        &["}", " ", "\n", "x", " "],
        &["}", " ", "+", "\n"],
        &["}", " ", "one", "\n"],
    ] {
        let exposed = exposed(|r| {
            let family = Family::<Label, Gauge>::default();
            family.get_or_create(&Label::Key(pieces)).set(1);
            family.get_or_create(&Label::Key(&["good"])).set(2);
            r.register("x", "Help", family);
            r.register("y", "Help", Gauge::<i64>::default());
        });
        let text = exposed.text();
        let text = text.replace("x{good=\"v\"} 2\n", "");
        assert_eq!(
            text,
            "# HELP x Help\n# TYPE x gauge\n# HELP y Help\n# TYPE y gauge\ny 0\n"
        );
    }
}

#[test]
fn unfinished_labels_are_left_out() {
    for label in [
        Label::WithoutValue,
        Label::WithoutEnd,
        Label::WithoutEndBefore(&["b"]),
        Label::WithoutEndBefore(&["\n"]),
        Label::WithoutEndBefore(&["\n", "x"]),
    ] {
        let exposed = exposed(|r| {
            let family = Family::<Label, Gauge>::default();
            family.get_or_create(&label).set(1);
            family.get_or_create(&Label::Key(&["good"])).set(2);
            r.register("x", "Help", family);
            let last = Family::<Label, Gauge>::default();
            last.get_or_create(&label).set(1);
            r.register("y", "Help\nevil 1", Gauge::<i64>::default());
            r.register("z", "Help", last);
        });
        assert_contains(&exposed.theirs, "x{a");
        let text = exposed.text();
        if matches!(label, Label::WithoutEnd | Label::WithoutEndBefore(["b"])) {
            assert_contains(&text, "x{good=\"v\"} 2\n");
        }
        assert_eq!(
            text.replace("x{good=\"v\"} 2\n", ""),
            "# HELP x Help\n# TYPE x gauge\n\
             # HELP y Help\\nevil 1\n# TYPE y gauge\ny 0\n\
             # HELP z Help\n# TYPE z gauge\n"
        );
    }
}

/// The rest of the line looks like the beginning of a sample, because the name has more pieces.
#[test]
fn the_end_of_a_bad_line_is_not_a_sample() {
    let exposed = exposed(|r| {
        let r = r.sub_registry_with_prefix("shop");
        for name in ["x", "z"] {
            let family = Family::<Label, Gauge>::default();
            family.get_or_create(&Label::WithoutEndBeforeBreak).set(1);
            r.register(name, "Help", family);
            if name == "x" {
                r.register("y", "Help", Gauge::<i64>::default());
            }
        }
    });
    assert_contains(&exposed.theirs, "\n} 1\n# HELP shop_y");
    assert_eq!(
        exposed.text(),
        "# HELP shop_x Help\n# TYPE shop_x gauge\n\
         # HELP shop_y Help\n# TYPE shop_y gauge\nshop_y 0\n\
         # HELP shop_z Help\n# TYPE shop_z gauge\n"
    );
}

#[test]
fn label_values_may_contain_any_text() {
    let values = [
        "# HELP x", " # {", "\n", "\"", "}", "{", "\\", ",", " ", "", "# HELP ", "=\"",
    ];
    let exposed = exposed(|r| {
        let family = Family::<Vec<(String, String)>, Counter>::default();
        for value in values {
            family
                .get_or_create(&vec![("v".into(), value.into())])
                .inc();
        }
        r.register("x", "Help", family);
    });
    let text = exposed.text();
    assert_eq!(text.lines().count(), 2 + values.len(), "{text}");
    for escaped in ["# HELP x", " # {", "\\n", "\\\"", "}", "\\\\"] {
        assert_contains(&text, &format!("x_total{{v=\"{escaped}\"}} 1\n"));
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Empty {}

/// An info without labels, in a family with labels.
fn info_family() -> Family<Vec<(&'static str, &'static str)>, info::Info<Empty>> {
    let family: Family<_, info::Info<Empty>> =
        Family::new_with_constructor(|| info::Info::new(Empty {}));
    drop(family.get_or_create(&vec![("c", "d")]));
    family
}

#[test]
fn a_trailing_comma_is_removed() {
    let exposed = exposed(|r| {
        let r = r.sub_registry_with_label(("a".into(), "b".into()));
        let info = Info::default();
        info.set(Empty {});
        r.register("x", "Help", info);
        let family = Family::<Empty, Gauge>::default();
        family.get_or_create(&Empty {}).set(1);
        r.register("y", "Help", family);
        let family = info_family();
        r.register("z", "Help", family);
    });
    assert_contains(&exposed.theirs, "x_info{a=\"b\",} 1");
    assert_contains(&exposed.text(), "x_info{a=\"b\"} 1\n");
    assert_contains(&exposed.text(), "y{a=\"b\"} 1\n");
    assert_contains(&exposed.theirs, "z_info{a=\"b\",,c=\"d\"} 1");
    assert_contains(&exposed.text(), "z_info{a=\"b\",c=\"d\"} 1\n");

    let exposed = self::exposed(|r| r.register("z", "Help", info_family()));
    assert_contains(&exposed.theirs, "z_info{,c=\"d\"} 1");
    assert_contains(&exposed.text(), "z_info{c=\"d\"} 1\n");
}

#[test]
fn prefixes_labels_and_collectors() {
    #[derive(Debug)]
    struct Process;

    impl Collector for Process {
        fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
            let counter = ConstCounter::new(1.5);
            let metric = encoder.encode_descriptor(
                "cpu",
                "Time\nused",
                Some(&Unit::Seconds),
                counter.metric_type(),
            )?;
            counter.encode(metric)?;
            let gauge = ConstGauge::new(f64::INFINITY);
            gauge.encode(encoder.encode_descriptor("mood", "\n", None, MetricType::Unknown)?)
        }
    }

    let exposed = exposed(|r| {
        let r = r.sub_registry_with_prefix("process");
        r.register("threads", "Threads", Gauge::<i64>::default());
        let r = r.sub_registry_with_label(("a".into(), "b".into()));
        r.register_collector(Box::new(Process));
    });
    assert_contains(&exposed.theirs, " inf\n");
    assert_eq!(
        exposed.text(),
        "# HELP process_threads Threads\n\
         # TYPE process_threads gauge\n\
         process_threads 0\n\
         # HELP process_cpu_seconds_total Time\\nused\n\
         # TYPE process_cpu_seconds_total counter\n\
         process_cpu_seconds_total{a=\"b\"} 1.5\n\
         # HELP process_mood \\n\n\
         # TYPE process_mood untyped\n\
         process_mood{a=\"b\"} +Inf\n"
    );
    assert_contains(&exposed.openmetrics(), "# TYPE process_mood unknown\n");
    assert_contains(
        &exposed.openmetrics(),
        "# UNIT process_cpu_seconds seconds\n",
    );
}

#[test]
fn a_summary_keeps_its_type() {
    let exposed = exposed(|r| r.register("x", "Help", Summary::default()));
    assert_contains(&exposed.theirs, "# TYPE x unknown\n");
    assert_contains(
        &exposed.openmetrics(),
        "# TYPE x summary\nx_sum 0.0\nx_count 0\n",
    );
}

#[test]
fn a_name_that_a_set_owns_is_left_out() {
    #[derive(GdsMetricSet)]
    #[allow(dead_code)]
    struct Set {
        /// Mine.
        x: Counter,
    }
    let exposed = exposed(|r| {
        r.register("x", "Theirs", Gauge::<i64>::default());
        r.register("x_total", "Theirs", Gauge::<i64>::default());
        r.register("http_server_requests", "Theirs", Counter::<u64>::default());
        r.register("z", "Theirs", Gauge::<i64>::default());
    });
    exposed.metrics.register::<Set>().unwrap();
    let text = exposed.text();
    assert_contains(&text, "# HELP x_total Mine\n");
    assert_contains(&text, "# HELP z Theirs\n");
    assert_eq!(text.matches("Theirs").count(), 1, "{text}");
}

#[test]
fn a_native_histogram_is_an_error_with_its_name() {
    let metrics = GdsMetrics::builder().build().unwrap();
    metrics.register_with(|r| {
        r.register("fine", "Help", Gauge::<i64>::default());
        r.register(
            "native",
            "Help",
            Histogram::new_native(NativeHistogramConfig::default()),
        );
    });
    let error = metrics.encode(Format::Text).unwrap_err();
    assert_contains(&error.to_string(), "`native`");
}

#[test]
fn other_types_and_values() {
    let exposed = exposed(|r| {
        let bounds = Gauge::<f64, AtomicU64>::default();
        bounds.set(f64::NEG_INFINITY);
        r.register("x", "Help", bounds);
        let info = Info::default();
        info.set(Empty {});
        r.register("build_info", "Help", info);
        r.register("size", "Help", Histogram::new([1.0]));
    });
    assert_contains(&exposed.theirs, "\nx -inf\n");
    assert_contains(&exposed.theirs, "build_info_info");
    assert_eq!(
        exposed.openmetrics(),
        "# HELP x Help\n# TYPE x gauge\nx -Inf\n\
         # HELP build Help\n# TYPE build info\nbuild_info 1\n\
         # HELP size Help\n# TYPE size histogram\n\
         size_sum 0.0\nsize_count 0\nsize_bucket{le=\"1.0\"} 0\nsize_bucket{le=\"+Inf\"} 0\n\
         # EOF\n"
    );
}

#[test]
fn exemplars_are_for_openmetrics() {
    type Trace = Vec<(String, String)>;
    let trace = || Some(vec![("trace".to_owned(), "# {\"\n}".to_owned())]);
    let exposed = exposed(|r| {
        let traced = CounterWithExemplar::<Trace>::default();
        traced.inc_by(2, trace(), None);
        r.register("traced", "Help", traced);
        let traces = HistogramWithExemplars::<Trace>::new([1.0].into_iter());
        traces.observe(0.5, trace(), None);
        r.register("traces", "Help", traces);
    });
    assert_contains(&exposed.theirs, "trace=\"");
    let text = exposed.text();
    assert_contains(&text, "traced_total 2\n");
    assert_contains(&text, "traces_bucket{le=\"1.0\"} 1\n");
    assert!(!text.contains("trace=\""), "{text}");
    let openmetrics = exposed.openmetrics();
    for line in [
        "traced_total 2 # {trace=\"# {\\\"\\n}\"} 2.0\n",
        "traces_bucket{le=\"1.0\"} 1 # {trace=\"# {\\\"\\n}\"} 0.5\n",
    ] {
        assert_contains(&openmetrics, line);
    }
}

#[test]
fn exemplars_with_bad_labels_are_left_out() {
    for (labels, expected) in [
        (
            &[("a", "1"), ("b", "2")][..],
            Some(r##" # {a="1",b="2"} 1.0"##),
        ),
        (&[("a b", "1")], None),
        (&[("a b", "1"), ("good", "2")], None),
        (&[("good", "1"), ("a b", "2")], None),
        (&[("a", "1"), ("a", "2")], None),
    ] {
        let exposed = exposed(|r| {
            let labels = labels
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
            let counter: CounterWithExemplar<Vec<(String, String)>> =
                CounterWithExemplar::default();
            counter.inc_by(1, Some(labels.collect()), None);
            r.register("x", "Help", counter);
        });
        let expected = format!("\nx_total 1{}\n", expected.unwrap_or_default());
        assert_contains(&exposed.openmetrics(), &expected);
        assert_contains(&exposed.text(), "\nx_total 1\n");
    }
}

#[test]
fn the_result_of_the_closure_is_returned() {
    let metrics = GdsMetrics::builder().build().unwrap();
    let gauge = metrics.register_with(|r| {
        let gauge = Gauge::<i64>::default();
        r.register("x", "Help", gauge.clone());
        gauge
    });
    gauge.set(7);
    assert_eq!(metrics.sample("x", &[]), Some(7.0));
}

#[test]
fn numbers_of_all_kinds() {
    for value in [f64::NAN, 1e300, -1e-300, 5e-324, -0.0, 1e21, 123_456_789.5] {
        let exposed = exposed(|r| {
            let gauge = Gauge::<f64, AtomicU64>::default();
            gauge.set(value);
            r.register("x", "Help", gauge);
        });
        let (_, number) = exposed.theirs.split_once("\nx ").unwrap();
        let number = number.trim_end_matches("# EOF\n");
        assert_eq!(
            exposed.text(),
            format!("# HELP x Help\n# TYPE x gauge\nx {number}")
        );
    }
}
