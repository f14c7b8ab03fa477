use super::*;
use crate::exposition::{Bounds, CHUNK, Sink};

fn header(name: &str, kind: MetricKind) -> Header<'_> {
    Header {
        name,
        kind,
        unit: None,
        help: "d",
    }
}

fn written(write: impl FnOnce(&mut Protobuf<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    let mut protobuf = writer(&mut out);
    write(&mut protobuf);
    protobuf.finish();
    drop(protobuf);
    out
}

fn line<'a>(suffix: &'a str, labels: &'a str, value: &'a str) -> Line<'a> {
    Line {
        suffix,
        labels,
        value,
        exemplar: None,
        whole: None,
    }
}

#[test]
fn a_counter() {
    let start = Timestamp::from_nanos(3_000_000_005);
    let bytes = written(|out| {
        out.family(&header("x", MetricKind::Counter));
        out.sample(r#"a="\"b\n",c="é""#, Number::Unsigned(2), Some(start));
    });
    let expected = [
        &[52][..],
        b"\x0a\x07x_total\x12\x01d\x18\x00",
        &[0x22, 36],
        b"\x0a\x08\x0a\x01a\x12\x03\"b\n",
        b"\x0a\x07\x0a\x01c\x12\x02\xc3\xa9",
        &[0x1a, 15, 9, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x1a, 4, 8, 3, 16, 5],
    ];
    assert_eq!(bytes, expected.concat());
}

#[test]
fn a_histogram() {
    let bounds = Bounds::new([0.5]);
    let exemplar = Exemplar {
        labels: r#"t="1""#,
        value: Number::Float(0.25),
        time: None,
    };
    let bytes = written(|out| {
        out.family(&Header {
            unit: Some("seconds"),
            ..header("x_seconds", MetricKind::Histogram)
        });
        out.histogram(
            "",
            &Histogram {
                bounds: &bounds,
                buckets: &[2, 1],
                sum: Number::Nanos(1_500_000_000),
                native: None,
                exemplars: &[Some(exemplar), None],
                start: Some(Timestamp::from_nanos(1_000_000_000)),
            },
        );
    });
    let half = 0.5_f64.to_le_bytes();
    let infinity = f64::INFINITY.to_le_bytes();
    let expected = [
        b"\x0a\x09x_seconds\x12\x01d\x18\x04\x2a\x07seconds".as_slice(),
        &[0x22, 64, 0x3a, 62, 8, 3, 0x11],
        &1.5_f64.to_le_bytes(),
        &[0x1a, 30, 8, 2, 0x11],
        &half,
        b"\x1a\x11\x0a\x06\x0a\x01t\x12\x011\x11",
        &0.25_f64.to_le_bytes(),
        &[0x1a, 11, 8, 3, 0x11],
        &infinity,
        &[0x7a, 4, 8, 1, 16, 0],
    ]
    .concat();
    assert_eq!(bytes.get(1..), Some(&expected[..]));
    assert_eq!(usize::from(bytes[0]), expected.len());
}

#[test]
fn lines_make_the_same_message() {
    let bounds = Bounds::new([0.5]);
    let start = None;
    for kind in [MetricKind::Histogram, MetricKind::Summary] {
        let ours = written(|out| {
            out.family(&header("x", kind));
            for labels in [r#"a="1""#, r#"a="2""#] {
                if kind == MetricKind::Histogram {
                    out.histogram(
                        labels,
                        &Histogram {
                            bounds: &bounds,
                            buckets: &[2, 1],
                            sum: Number::Float(1.5),
                            native: None,
                            exemplars: &[],
                            start,
                        },
                    );
                } else {
                    let (sum, count) = (1.5, 3);
                    out.summary(labels, &Summary { sum, count, start });
                }
            }
        });
        let lines = written(|out| {
            out.family(&header("x", kind));
            for value in ["1", "2"] {
                let labels = format!("a=\"{value}\"");
                out.line(&line("_sum", &labels, "1.5"));
                out.line(&line("_count", &labels, "3"));
                if kind == MetricKind::Histogram {
                    let labels = format!("a=\"{value}\",le=");
                    out.line(&line("_bucket", &(labels.clone() + "\"0.5\""), "2"));
                    out.line(&line("_bucket", &(labels + "\"+Inf\""), "3"));
                }
            }
        });
        assert_eq!(ours, lines, "{kind}");
    }
}

#[test]
fn units_that_end_the_name() {
    for (name, kind, unit, kept) in [
        ("x_seconds", MetricKind::Gauge, "seconds", true),
        ("x_seconds", MetricKind::Counter, "seconds", true),
        ("xseconds", MetricKind::Gauge, "seconds", false),
        ("seconds", MetricKind::Gauge, "seconds", false),
        ("x", MetricKind::Gauge, "seconds", false),
        ("x_info_seconds", MetricKind::Info, "seconds", false),
    ] {
        let bytes = written(|out| {
            out.family(&Header {
                unit: Some(unit),
                ..header(name, kind)
            });
            out.sample("", Number::Unsigned(1), None);
        });
        let unit = [b"\x2a\x07", unit.as_bytes()].concat();
        let found = bytes.windows(unit.len()).any(|window| window == unit);
        assert_eq!(found, kept, "{name} {kind}");
    }
}

#[test]
fn families_without_samples_are_left_out() {
    let bytes = written(|out| {
        out.family(&header("x", MetricKind::Counter));
        out.family(&header("y", MetricKind::Histogram));
        out.line(&line("_odd", "", "1"));
        out.family(&header("z", MetricKind::Unknown));
        out.line(&line("_total", "", "1"));
    });
    assert!(bytes.is_empty());
}

/// Keeps the chunks separate.
#[derive(Default)]
struct Chunks(Vec<Vec<u8>>);

impl Sink for Chunks {
    fn take(&mut self, chunk: &mut Vec<u8>) {
        self.0.push(std::mem::take(chunk));
    }
}

#[test]
fn a_large_family_comes_in_chunks() {
    let mut chunks = Chunks::default();
    let mut protobuf = writer(&mut chunks);
    protobuf.family(&header("x", MetricKind::Gauge));
    for i in 0..20_000 {
        protobuf.sample(&format!("a=\"{i}\""), Number::Unsigned(i), None);
    }
    protobuf.finish();
    drop(protobuf);
    assert!(chunks.0.len() > 5);
    assert!(chunks.0.iter().all(|chunk| chunk.len() <= CHUNK));
}

#[test]
fn a_native_histogram() {
    let native = Native {
        schema: 3,
        zero_threshold: 2.0_f64.powi(-20),
        zero_count: 0,
        buckets: &[(-63, 1), (-45, 1), (-44, 1)],
    };
    let bytes = written(|out| {
        out.family(&header("x", MetricKind::Histogram));
        out.histogram(
            "",
            &Histogram {
                bounds: &Bounds::new([]),
                buckets: &[3],
                sum: Number::Float(0.045),
                native: Some(native),
                exemplars: &[],
                start: None,
            },
        );
    });
    let expected = [
        &[0x28, 6, 0x31, 0, 0, 0, 0, 0, 0, 0xb0, 0x3e][..],
        &[0x62, 4, 8, 0x7d, 0x10, 1],
        &[0x62, 4, 8, 0x22, 0x10, 2],
        &[0x6a, 3, 2, 0, 0],
    ]
    .concat();
    assert!(bytes.ends_with(&expected), "{bytes:02x?}");
}
