//! Reads the protobuf format. `prost` derives the decoder from these messages. A test compares them with the
//! published schema `io.prometheus.client`.

use std::collections::BTreeMap;

use prost::Message;

use super::exposition::{Labels, Sample};

/// The types of families, by their numbers.
pub(crate) const KINDS: [&str; 5] = ["counter", "gauge", "summary", "untyped", "histogram"];

#[derive(Clone, PartialEq, Message)]
pub(crate) struct MetricFamily {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) help: Option<String>,
    #[prost(int32, optional, tag = "3")]
    pub(crate) r#type: Option<i32>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) metric: Vec<Metric>,
    #[prost(string, optional, tag = "5")]
    pub(crate) unit: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct LabelPair {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) value: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Metric {
    #[prost(message, repeated, tag = "1")]
    pub(crate) label: Vec<LabelPair>,
    #[prost(message, optional, tag = "2")]
    pub(crate) gauge: Option<Gauge>,
    #[prost(message, optional, tag = "3")]
    pub(crate) counter: Option<Counter>,
    #[prost(message, optional, tag = "4")]
    pub(crate) summary: Option<Summary>,
    #[prost(message, optional, tag = "5")]
    pub(crate) untyped: Option<Untyped>,
    #[prost(int64, optional, tag = "6")]
    pub(crate) timestamp_ms: Option<i64>,
    #[prost(message, optional, tag = "7")]
    pub(crate) histogram: Option<Histogram>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Gauge {
    #[prost(double, optional, tag = "1")]
    pub(crate) value: Option<f64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Untyped {
    #[prost(double, optional, tag = "1")]
    pub(crate) value: Option<f64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Counter {
    #[prost(double, optional, tag = "1")]
    pub(crate) value: Option<f64>,
    #[prost(message, optional, tag = "2")]
    pub(crate) exemplar: Option<Exemplar>,
    #[prost(message, optional, tag = "3")]
    pub(crate) start_timestamp: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Summary {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) sample_count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub(crate) sample_sum: Option<f64>,
    #[prost(message, optional, tag = "4")]
    pub(crate) start_timestamp: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Histogram {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) sample_count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub(crate) sample_sum: Option<f64>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) bucket: Vec<Bucket>,
    #[prost(sint32, optional, tag = "5")]
    pub(crate) schema: Option<i32>,
    #[prost(double, optional, tag = "6")]
    pub(crate) zero_threshold: Option<f64>,
    #[prost(uint64, optional, tag = "7")]
    pub(crate) zero_count: Option<u64>,
    #[prost(message, repeated, tag = "12")]
    pub(crate) positive_span: Vec<BucketSpan>,
    #[prost(sint64, repeated, tag = "13")]
    pub(crate) positive_delta: Vec<i64>,
    #[prost(message, optional, tag = "15")]
    pub(crate) start_timestamp: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Bucket {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) cumulative_count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub(crate) upper_bound: Option<f64>,
    #[prost(message, optional, tag = "3")]
    pub(crate) exemplar: Option<Exemplar>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct BucketSpan {
    #[prost(sint32, optional, tag = "1")]
    pub(crate) offset: Option<i32>,
    #[prost(uint32, optional, tag = "2")]
    pub(crate) length: Option<u32>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Exemplar {
    #[prost(message, repeated, tag = "1")]
    pub(crate) label: Vec<LabelPair>,
    #[prost(double, optional, tag = "2")]
    pub(crate) value: Option<f64>,
    #[prost(message, optional, tag = "3")]
    pub(crate) timestamp: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(crate) nanos: i32,
}

impl MetricFamily {
    /// The name of the type in the text format.
    pub(crate) fn kind(&self) -> &'static str {
        let number = self.r#type.expect("a type");
        KINDS[usize::try_from(number).expect("a known type")]
    }

    /// The samples in the form of the text format.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        let mut samples = Vec::new();
        for metric in &self.metric {
            let labels = pairs(&metric.label);
            assert_eq!(metric.timestamp_ms, None);
            let name = |suffix: &str| format!("{}{suffix}", self.name());
            let mut add = |name: String, labels: &Labels, value| {
                let labels = labels.clone();
                samples.push(Sample {
                    name,
                    labels,
                    value,
                });
            };
            match (
                self.kind(),
                &metric.counter,
                &metric.gauge,
                &metric.untyped,
                &metric.summary,
                &metric.histogram,
            ) {
                ("counter", Some(counter), None, None, None, None) => {
                    add(name(""), &labels, counter.value.expect("a value"));
                }
                ("gauge", None, Some(gauge), None, None, None) => {
                    add(name(""), &labels, gauge.value.expect("a value"));
                }
                ("untyped", None, None, Some(untyped), None, None) => {
                    add(name(""), &labels, untyped.value.expect("a value"));
                }
                ("summary", None, None, None, Some(summary), None) => {
                    add(name("_sum"), &labels, summary.sample_sum.expect("a sum"));
                    let count = summary.sample_count.expect("a count");
                    add(name("_count"), &labels, count as f64);
                }
                ("histogram", None, None, None, None, Some(histogram)) => {
                    add(name("_sum"), &labels, histogram.sample_sum.expect("a sum"));
                    let count = histogram.sample_count.expect("a count");
                    add(name("_count"), &labels, count as f64);
                    for bucket in &histogram.bucket {
                        let bound = bucket.upper_bound.expect("a bound");
                        let bound = match bound {
                            f64::INFINITY => "+Inf".to_owned(),
                            bound => format!("{bound:?}"),
                        };
                        let mut labels = labels.clone();
                        labels.insert("le".to_owned(), bound);
                        let count = bucket.cumulative_count.expect("a count");
                        add(name("_bucket"), &labels, count as f64);
                    }
                }
                other => panic!("{} has {other:?}", self.name()),
            }
        }
        samples
    }
}

pub(crate) fn pairs(labels: &[LabelPair]) -> Labels {
    let mut found = BTreeMap::new();
    for label in labels {
        let name = label.name.clone().expect("a name");
        let value = label.value.clone().expect("a value");
        assert_eq!(found.insert(name, value), None, "a label twice");
    }
    found
}

/// All families of an exposition. They must contain nothing that the decoder does not know.
pub(crate) fn decode(mut bytes: &[u8]) -> Vec<MetricFamily> {
    let mut families = Vec::new();
    while !bytes.is_empty() {
        let before = bytes;
        let family = MetricFamily::decode_length_delimited(&mut bytes).expect("a family");
        // The decoder skips unknown fields.
        let again = family.encode_length_delimited_to_vec();
        assert_eq!(again.len(), before.len() - bytes.len(), "{}", family.name());
        families.push(family);
    }
    families
}
