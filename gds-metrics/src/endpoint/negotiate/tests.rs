use super::*;

#[test]
fn headers_of_real_clients() {
    use Format::{OpenMetrics, Protobuf, Text};
    let table: &[(&[&str], Format)] = &[
        (&[], Text),
        (&[""], Text),
        (&["*/*"], Text),
        (&["*/*;q=0.1"], Text),
        (&["garbage"], Text),
        (
            &["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
            Text,
        ),
        // Prometheus 2.42
        (
            &[
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            ],
            OpenMetrics,
        ),
        // Prometheus 2.49.0, which sends an unreadable quality
        (
            &[
                "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=2",
            ],
            OpenMetrics,
        ),
        // Prometheus 2.49 to 2.55
        (
            &[
                "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            ],
            OpenMetrics,
        ),
        // Prometheus 3.5 and later
        (
            &[
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            ],
            OpenMetrics,
        ),
        // Prometheus 2.42 with native histograms
        (
            &[
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            ],
            Protobuf,
        ),
        // Prometheus 3.5 with native histograms
        (
            &[
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
            ],
            Protobuf,
        ),
        // Prometheus 3.5 with a single `scrape_protocols` entry
        (
            &[
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,*/*;q=0.5",
            ],
            Protobuf,
        ),
        (&["text/plain;version=0.0.4;q=0.6,*/*;q=0.5"], Text),
        (
            &["application/openmetrics-text;version=1.0.0;q=0.6,*/*;q=0.5"],
            OpenMetrics,
        ),
        // VictoriaMetrics
        (&["text/plain;version=0.0.4;q=1,*/*;q=0.1"], Text),
        // Protobuf needs its full name, and a higher quality than both text formats.
        (
            &[
                "Application/Vnd.Google.Protobuf; Encoding=\"delimited\"; Proto=io.prometheus.client.MetricFamily; q=0.2",
            ],
            Protobuf,
        ),
        (
            &[
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.5,text/plain;q=0.5",
            ],
            Text,
        ),
        (
            &[
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.5,application/openmetrics-text;q=0.5",
            ],
            OpenMetrics,
        ),
        (
            &[
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,*/*",
            ],
            Text,
        ),
        (
            &[
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0",
            ],
            Text,
        ),
        (
            &[
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
            ],
            Text,
        ),
        (
            &[
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=compact-text",
            ],
            Text,
        ),
        (
            &[
                "application/vnd.google.protobuf;proto=io.prometheus.client.Other;encoding=delimited",
            ],
            Text,
        ),
        (
            &["application/vnd.google.protobuf;encoding=delimited"],
            Text,
        ),
        (
            &["application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily"],
            Text,
        ),
        (&["application/vnd.google.protobuf"], Text),
        (
            &["application/json;proto=io.prometheus.client.MetricFamily;encoding=delimited"],
            Text,
        ),
        (&["text/plain;version=0.0.4;q=0.5,*/*;q=0.1"], Text),
        (&["application/openmetrics-text"], OpenMetrics),
        (
            &["APPLICATION/OpenMetrics-Text; Version=1.0.0"],
            OpenMetrics,
        ),
        (
            &["application/openmetrics-text; version=\"1.0.0\""],
            OpenMetrics,
        ),
        (&["application/openmetrics-text;version=0.0.1"], Text),
        (
            &["application/openmetrics-text;version=2.0.0, */*;q=0.1"],
            Text,
        ),
        (&["application/openmetrics-text;q=0"], Text),
        (&["application/openmetrics-text;q=0, */*"], Text),
        (
            &["application/openmetrics-text;q=0.4, text/plain;q=0.5"],
            Text,
        ),
        (
            &["application/openmetrics-text;q=0.5, text/plain;q=0.5"],
            OpenMetrics,
        ),
        (
            &["application/openmetrics-text;q=0.5, text/plain;version=1.0.0"],
            OpenMetrics,
        ),
        (
            &["text/plain;q=0.5", "application/openmetrics-text"],
            OpenMetrics,
        ),
        (
            &["application/openmetrics-text;q=high, text/plain;q=0.1"],
            Text,
        ),
        (
            &["application/openmetrics-text;q=1.001, text/plain;q=0.1"],
            Text,
        ),
        (
            &["application/openmetrics-text;q=0.5000, text/plain;q=0.1"],
            Text,
        ),
        (
            &["application/openmetrics-text;x=\"a,b;q=0\";q=0.9, text/plain;q=0.5"],
            OpenMetrics,
        ),
        (&["application/openmetrics-text;q=0.0001"], Text),
        (
            &["application/openmetrics-text;q=1, text/plain"],
            OpenMetrics,
        ),
        (
            &[r#"text/plain;x=",application/openmetrics-text;y=""#],
            Text,
        ),
        (
            &[r#"text/plain;x="\",application/openmetrics-text;y=""#],
            Text,
        ),
        (
            &[r"text/plain;x=\,application/openmetrics-text"],
            OpenMetrics,
        ),
        (&["application/*"], OpenMetrics),
        (&["application/openmetrics-text;q=0.5, */*"], Text),
        (&["application/openmetrics-text, */*"], OpenMetrics),
        (&["text/plain;q=0.1, */*;q=0.5"], OpenMetrics),
        (&["application/*;q=0.1, text/*"], Text),
        (
            &[
                "application/openmetrics-text;version=1.0.0;q=0.1, application/openmetrics-text;q=0.9, text/plain;q=0.5",
            ],
            Text,
        ),
    ];
    for (lines, expected) in table {
        let lines: Vec<HeaderValue> = lines
            .iter()
            .map(|line| HeaderValue::from_str(line).expect("a header"))
            .collect();
        assert_eq!(Format::negotiate(lines.iter()), *expected, "{lines:?}");
    }
    let unreadable =
        HeaderValue::from_bytes(b"application/openmetrics-text\xff").expect("a header");
    assert_eq!(Format::negotiate([unreadable].iter()), Text);
}

proptest::proptest! {
    /// Never panics, and chooses OpenMetrics only if the client may have meant it.
    #[test]
    fn any_header(lines: Vec<Vec<u8>>) {
        let values: Vec<_> = lines
            .iter()
            .filter_map(|line| HeaderValue::from_bytes(line).ok())
            .collect();
        if Format::negotiate(values.iter()) == Format::OpenMetrics {
            assert!(values.iter().any(|value| value.as_bytes().contains(&b'/')));
        }
    }

    /// Qualities are compared as RFC 9110 defines them.
    #[test]
    fn the_higher_quality_wins(openmetrics in 0..=1000_u16, text in 0..=1000_u16) {
        let q = |quality| format!("{}.{:03}", quality / 1000, quality % 1000);
        let line = format!(
            "text/plain;q={}, application/openmetrics-text;q={}",
            q(text),
            q(openmetrics)
        );
        let value = HeaderValue::from_str(&line).expect("a header");
        let expected = if openmetrics > 0 && openmetrics >= text {
            Format::OpenMetrics
        } else {
            Format::Text
        };
        assert_eq!(Format::negotiate([value].iter()), expected);
    }
}
