//! The text of label types.

use gds_metrics::{
    ClosedLabelSet, ClosedLabelValue, Counter, EncodeLabelSet, EncodeLabelValue, Family, Format,
    Gauge, GdsMetricSet, GdsMetrics, Info,
};

/// The samples of the family `x` in an exposition of `labels`.
fn exposed<L: gds_metrics::LabelSet>(labels: &L) -> String {
    #[derive(GdsMetricSet)]
    struct Set<L> {
        /// A counter.
        x: Family<L, Counter>,
    }

    let metrics = GdsMetrics::builder().build().unwrap();
    let set: Set<L> = metrics.register().unwrap();
    set.x.get_or_create(labels).inc();
    let text = metrics.encode(Format::Text).unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with("x_total"))
        .unwrap();
    line.strip_prefix("x_total")
        .unwrap()
        .strip_suffix(" 1")
        .unwrap()
        .to_owned()
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Kind {
    Welcome,
    PasswordReset,
    #[metric(rename = "HTTP 2 \"quoted\" \\ \n")]
    Odd,
    r#Type,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[metric(rename_all = "SCREAMING-KEBAB-CASE")]
enum Loud {
    VeryMuch,
    #[metric(rename = "quiet")]
    Quiet,
    Code(u16),
    Named {
        inner: Small,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
struct Small(bool);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
struct Wrapped<T>(T);

#[test]
fn values() {
    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    struct One<V> {
        v: V,
    }
    let kind = |v| exposed(&One { v });
    assert_eq!(kind(Kind::Welcome), r#"{v="welcome"}"#);
    assert_eq!(kind(Kind::PasswordReset), r#"{v="password_reset"}"#);
    assert_eq!(kind(Kind::Odd), r#"{v="HTTP 2 \"quoted\" \\ \n"}"#);
    assert_eq!(kind(Kind::r#Type), r#"{v="type"}"#);

    let loud = |v| exposed(&One { v });
    assert_eq!(loud(Loud::VeryMuch), r#"{v="VERY-MUCH"}"#);
    assert_eq!(loud(Loud::Quiet), r#"{v="quiet"}"#);
    assert_eq!(loud(Loud::Code(404)), r#"{v="404"}"#);
    assert_eq!(loud(Loud::Named { inner: Small(true) }), r#"{v="true"}"#);

    assert_eq!(exposed(&One { v: Wrapped("a") }), r#"{v="a"}"#);
    assert_eq!(
        exposed(&One {
            v: Wrapped(Wrapped(5_u8))
        }),
        r#"{v="5"}"#
    );
    assert_eq!(
        exposed(&One {
            v: String::from("a,b}")
        }),
        r#"{v="a,b}"}"#
    );
}

#[test]
fn values_written_by_display() {
    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    #[metric(rename_all = "camelCase")]
    struct Shown<A> {
        #[metric(display)]
        first_letter: char,
        #[metric(display)]
        ip_address: Option<std::net::Ipv4Addr>,
        #[metric(display, rename = "any")]
        renamed: A,
        held: Held,
    }
    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
    enum Held {
        Letter(#[metric(display)] char),
    }
    let shown = |renamed: String| {
        exposed(&Shown {
            first_letter: '"',
            ip_address: Some([127, 0, 0, 1].into()),
            renamed,
            held: Held::Letter('x'),
        })
    };
    let begin = r#"firstLetter="\"",ipAddress="127.0.0.1""#;
    assert_eq!(
        shown("a".into()),
        format!(r#"{{{begin},any="a",held="x"}}"#)
    );
    // The value is cut off at 128 bytes, but not within a character.
    let (long, cut) = (
        format!("a{}", "é".repeat(100)),
        format!("a{}", "é".repeat(63)),
    );
    assert_eq!(shown(long), format!(r#"{{{begin},any="{cut}",held="x"}}"#));
    let whole = "é".repeat(64);
    assert_eq!(
        shown(whole.clone()),
        format!(r#"{{{begin},any="{whole}",held="x"}}"#)
    );
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    kind: Kind,
    r#type: u8,
    #[metric(rename = "lang")]
    language: Option<String>,
    #[metric(flatten)]
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Place {
    zone: Option<&'static str>,
    rack: bool,
}

#[test]
fn sets() {
    let mut labels = Labels {
        kind: Kind::Welcome,
        r#type: 3,
        language: Some("cy".into()),
        place: Place {
            zone: Some("a"),
            rack: false,
        },
    };
    assert_eq!(
        exposed(&labels),
        r#"{kind="welcome",type="3",lang="cy",zone="a",rack="false"}"#
    );
    labels.language = None;
    labels.place.zone = None;
    assert_eq!(
        exposed(&labels),
        r#"{kind="welcome",type="3",rack="false"}"#
    );
}

#[test]
fn a_first_label_that_is_absent_leaves_no_comma() {
    let place = Place {
        zone: None,
        rack: true,
    };
    assert_eq!(exposed(&place), r#"{rack="true"}"#);

    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    struct Maybe {
        a: Option<u8>,
    }
    assert_eq!(exposed(&Maybe { a: None }), "");
}

#[test]
fn generic_label_sets_may_have_bounds() {
    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    struct Pair<A, B: Clone>
    where
        A: Clone,
    {
        a: A,
        b: Option<B>,
    }
    assert_eq!(exposed(&Pair { a: 1, b: Some("x") }), r#"{a="1",b="x"}"#);
}

#[test]
fn label_sets_that_are_not_derived() {
    assert_eq!(exposed(&vec![("a", "b")]), r#"{a="b"}"#);
    assert_eq!(exposed(&[(String::from("a"), 5)]), r#"{a="5"}"#);
}

#[test]
fn closed_types_know_their_values() {
    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
    enum Method {
        Get,
        Post,
    }
    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
    enum Outcome {
        Ok,
        Failed(Method),
        Late { cached: bool },
        Unknown,
    }
    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    struct Closed {
        method: Method,
        cached: bool,
        #[metric(flatten)]
        inner: Inner,
    }
    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    struct Inner {
        outcome: Option<Outcome>,
    }

    assert_eq!(
        Outcome::all(),
        [
            Outcome::Ok,
            Outcome::Failed(Method::Get),
            Outcome::Failed(Method::Post),
            Outcome::Late { cached: false },
            Outcome::Late { cached: true },
            Outcome::Unknown,
        ]
    );
    assert_eq!(Outcome::COUNT, 6);
    for (i, outcome) in Outcome::all().iter().enumerate() {
        assert_eq!(outcome.index(), i);
    }
    let all = Closed::all();
    assert_eq!(all.len(), 2 * 2 * 7);
    assert_eq!(Closed::COUNT, all.len());
    for (i, labels) in all.iter().enumerate() {
        assert_eq!(labels.index(), i);
    }
    assert_eq!(
        all[0],
        Closed {
            method: Method::Get,
            cached: false,
            inner: Inner { outcome: None }
        }
    );
}

#[test]
fn zero_creates_all_series() {
    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
    enum Reason {
        Password,
        Locked,
    }
    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    struct Login {
        reason: Reason,
        mobile: bool,
    }
    #[derive(GdsMetricSet)]
    struct Set {
        /// Logins that failed.
        #[metric(zero)]
        failures: Family<Login, Counter>,
        /// Logins that are going on.
        going_on: Family<Login, Gauge>,
    }

    let metrics = GdsMetrics::builder().build().unwrap();
    let set: Set = metrics.register().unwrap();
    let count = |name| {
        let text = metrics.encode(Format::Text).unwrap();
        text.lines().filter(|line| line.starts_with(name)).count()
    };
    assert_eq!(count("failures_total{"), 4);
    assert_eq!(count("going_on{"), 0);
    for reason in ["password", "locked"] {
        for mobile in ["true", "false"] {
            let labels = [("reason", reason), ("mobile", mobile)];
            assert_eq!(metrics.sample("failures_total", &labels), Some(0.0));
        }
    }
    let login = Login {
        reason: Reason::Locked,
        mobile: true,
    };
    set.failures.get_or_create(&login).inc();
    set.going_on.get_or_create(&login).inc();
    assert_eq!(
        metrics.sample(
            "failures_total",
            &[("reason", "locked"), ("mobile", "true")]
        ),
        Some(1.0)
    );
    assert_eq!(count("failures_total{"), 4);
    assert_eq!(count("going_on{"), 1);
}

#[test]
fn an_info_is_exposed_when_it_is_set() {
    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    struct Build {
        version: String,
    }
    #[derive(GdsMetricSet)]
    #[metric(prefix = "app", labels(team = "x"))]
    struct Set {
        /// What this binary was built from.
        build_info: Info<Build>,
        /// Nothing is known.
        nothing: Info<[(&'static str, &'static str); 0]>,
    }

    let metrics = GdsMetrics::builder().build().unwrap();
    let set: Set = metrics.register().unwrap();
    assert!(!metrics.encode(Format::Text).unwrap().contains("app_build"));
    set.build_info.set(Build {
        version: "1.2.3".into(),
    });
    set.nothing.set([]);
    let text = metrics.encode(Format::Text).unwrap();
    assert!(
        text.contains(
            "# TYPE app_build_info gauge\napp_build_info{team=\"x\",version=\"1.2.3\"} 1\n"
        ),
        "{text}"
    );
    assert!(text.contains("app_nothing_info{team=\"x\"} 1\n"), "{text}");
    let text = metrics.encode(Format::OpenMetrics).unwrap();
    assert!(
        text.contains("# TYPE app_build info\napp_build_info{"),
        "{text}"
    );
    assert_eq!(set.build_info.get().unwrap().version, "1.2.3");
}

/// The tokens of a macro's argument have another context than what the derive writes.
#[test]
fn types_that_a_macro_was_given() {
    macro_rules! labels {
        ($kind:ident, $shown:ident) => {
            #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
            struct Labels {
                kind: $kind,
                maybe: Option<$kind>,
                #[metric(display)]
                shown: $shown,
            }

            #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
            enum Either {
                One($kind),
                Two(#[metric(display)] $shown),
            }
        };
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
    enum Kind {
        Small,
    }
    labels!(Kind, u16);

    let labels = Labels {
        kind: Kind::Small,
        maybe: None,
        shown: 7,
    };
    let text = exposed(&labels);
    assert!(text.contains(r#"{kind="small",shown="7"}"#), "{text}");

    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    struct Held {
        either: Either,
    }
    for (either, expected) in [(Either::One(Kind::Small), "small"), (Either::Two(7), "7")] {
        let text = exposed(&Held { either });
        assert!(
            text.contains(&format!(r#"{{either="{expected}"}}"#)),
            "{text}"
        );
    }
}
