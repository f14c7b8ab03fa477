//! The Python client's parsers must read back the same labels and helps that were written.

use std::{
    collections::BTreeMap,
    env,
    fmt::Write as _,
    io::Write as _,
    process::{Command, Stdio},
    sync::atomic::AtomicU64,
};

use gds_metrics::{
    Family, Format, GdsMetrics, prometheus_client::metrics::gauge::Gauge as AnyGauge,
};
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    strategy::ValueTree,
    test_runner::TestRunner,
};
use serde_json::{Value, json};

type Gauge = AnyGauge<f64, AtomicU64>;
type LabelPairs = Vec<(String, String)>;

const PYTHON: &str = "GDS_METRICS_PYTHON";
const CASES: usize = 300;

/// The help and the series of a family.
type Case = Vec<(String, BTreeMap<Vec<String>, f64>)>;

/// Text with many characters that a format must escape.
fn text() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "\"",
        "\\",
        "\n",
        "\\n",
        "\\\\",
        "\\\"",
        "{",
        "}",
        ",",
        "=",
        "#",
        "# EOF",
        "# HELP x y",
        "le",
        " ",
        "\t",
        "\r",
        "\r\n",
        "\u{85}",
        "\u{2028}",
        "é",
        "😀",
        "\0",
        "a",
        ".",
        "..",
    ]);
    prop_oneof![
        vec(odd, 0..8).prop_map(|parts| parts.concat()),
        any::<String>(),
    ]
}

/// A help without white space at its ends, because the text parser strips it.
fn help() -> impl Strategy<Value = String> {
    text().prop_map(|help| format!("<{help}>"))
}

fn case() -> impl Strategy<Value = Case> {
    let series = btree_map(vec(text(), 2), any::<i32>().prop_map(f64::from), 1..4);
    vec((help(), series), 1..4)
}

/// Registers the case. Returns its expositions and the expected result.
fn expose(case: Case) -> Value {
    let metrics = GdsMetrics::builder().build().expect("the defaults");
    let mut expected = serde_json::Map::new();
    for (number, (help, series)) in case.into_iter().enumerate() {
        let name = format!("case_{number}");
        let family = Family::<LabelPairs, Gauge>::default();
        let mut samples = Vec::new();
        for (values, value) in series {
            // Prometheus and its parsers treat an empty label as absent.
            let pairs = ["one", "two"].map(str::to_owned).into_iter().zip(values);
            let pairs: LabelPairs = pairs.collect();
            samples.push(json!([
                pairs.iter().cloned().collect::<BTreeMap<_, _>>(),
                value
            ]));
            family.get_or_create_owned(&pairs).set(value);
        }
        metrics.register_with(|registry| registry.register(&name, &help, family));
        expected.insert(name, json!([help, samples]));
    }
    let encode = |format| metrics.encode(format).expect("an exposition");
    json!({
        "text": encode(Format::Text),
        "openmetrics": encode(Format::OpenMetrics),
        "families": expected,
    })
}

#[test]
#[ignore = "needs python3 with prometheus_client"]
fn the_python_client_reads_back_all_labels_and_helps() {
    let mut runner = TestRunner::default();
    let mut cases = Vec::new();
    for _ in 0..CASES {
        let case = case().new_tree(&mut runner).expect("a case");
        cases.push(expose(case.current()));
    }

    let python = env::var(PYTHON).unwrap_or_else(|_| "python3".to_owned());
    let mut child = Command::new(&python)
        .args(["-c", include_str!("read_back.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{PYTHON} is {python}: {error}"));
    let mut input = String::new();
    write!(input, "{}", Value::Array(cases)).expect("memory");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("a reader");
    drop(stdin);
    let output = child.wait_with_output().expect("an end");
    assert!(output.status.success(), "{input:.0}see above");
    assert_eq!(output.stdout, format!("{CASES} read back\n").as_bytes());
}
