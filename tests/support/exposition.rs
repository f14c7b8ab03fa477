//! A strict parser for the classic text format. A line that it does not understand fails the test.

use std::collections::BTreeMap;

pub(crate) type Labels = BTreeMap<String, String>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Family {
    pub(crate) help: String,
    pub(crate) kind: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: Labels,
    pub(crate) value: f64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Scrape {
    pub(crate) families: BTreeMap<String, Family>,
    pub(crate) samples: Vec<Sample>,
}

const DURATION: &str = "http_server_request_duration_seconds";

impl Scrape {
    pub(crate) fn parse(text: &str) -> Self {
        let mut scrape = Self::default();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect("a name and its help");
                let family = scrape.families.entry(name.to_owned()).or_default();
                assert_eq!(family.help, "", "help of {name} twice");
                family.help = help.to_owned();
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a name and its type");
                let family = scrape.families.entry(name.to_owned()).or_default();
                assert_eq!(family.kind, "", "type of {name} twice");
                family.kind = kind.to_owned();
            } else if !line.starts_with('#') {
                scrape.samples.push(parse_sample(line));
            }
        }
        scrape
    }

    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let wanted: Labels = labels
            .iter()
            .map(|(label, value)| ((*label).to_owned(), (*value).to_owned()))
            .collect();
        let mut found = self
            .samples
            .iter()
            .filter(|sample| sample.name == name && sample.labels == wanted);
        let value = found.next().map(|sample| sample.value);
        assert_eq!(found.next(), None, "a sample twice");
        value
    }

    pub(crate) fn of<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Sample> {
        self.samples.iter().filter(move |s| s.name == name)
    }

    /// Checks that `_count`, `+Inf` and the counter are equal for each label set, that buckets never decrease,
    /// and that no sample occurs twice.
    pub(crate) fn check(&self) {
        let mut buckets: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
        for sample in self.of("http_server_request_duration_seconds_bucket") {
            let mut labels = sample.labels.clone();
            let bound = labels.remove("le").expect("le");
            let bound = bound.parse().expect("a number");
            let list = buckets.entry(labels).or_default();
            list.push((bound, sample.value));
        }
        let requests = self.by_labels("http_server_requests_total");
        assert_eq!(self.by_labels(&format!("{DURATION}_count")), requests);
        assert_eq!(
            self.by_labels(&format!("{DURATION}_sum")).len(),
            requests.len()
        );
        assert_eq!(buckets.len(), requests.len());
        for (labels, list) in buckets {
            assert!(
                list.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1),
                "{labels:?} {list:?}"
            );
            let last = list.last().expect("a bucket");
            assert!(last.0.is_infinite(), "{labels:?}");
            assert_eq!(Some(&last.1), requests.get(&labels), "{labels:?}");
        }
    }

    fn by_labels(&self, name: &str) -> BTreeMap<Labels, f64> {
        let mut all = BTreeMap::new();
        for sample in self.of(name) {
            let before = all.insert(sample.labels.clone(), sample.value);
            assert_eq!(before, None, "{sample:?} twice");
        }
        all
    }

    pub(crate) fn recorded(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .of("http_server_requests_total")
            .map(|sample| {
                let mut line = String::new();
                for label in ["method", "host", "path", "code"] {
                    if let Some(value) = sample.labels.get(label) {
                        line.push_str(value);
                        line.push(' ');
                    }
                }
                format!("{line}x{}", sample.value)
            })
            .collect();
        lines.sort();
        lines
    }

    pub(crate) fn exceptions(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .of("http_server_exceptions_total")
            .filter(|sample| sample.value > 0.0)
            .map(|sample| format!("{} x{}", sample.labels["error"], sample.value))
            .collect();
        lines.sort();
        lines
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub(crate) fn total(&self) -> u64 {
        let requests = self.of("http_server_requests_total");
        requests.map(|sample| sample.value as u64).sum()
    }

    pub(crate) fn folded(&self, reason: &str) -> f64 {
        self.value("gds_metrics_folded_requests_total", &[("reason", reason)])
            .expect("there from the start")
    }
}

fn parse_sample(line: &str) -> Sample {
    let name_end = line.find(['{', ' ']).expect("a name");
    let (name, mut rest) = line.split_at(name_end);
    let mut labels = Labels::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        while !rest.starts_with('}') {
            let (label, after) = rest.split_once("=\"").expect("a label");
            let (value, after) = parse_quoted(after);
            let before = labels.insert(label.to_owned(), value);
            assert_eq!(before, None, "a label twice: {line}");
            rest = after.strip_prefix(',').unwrap_or(after);
        }
        rest = &rest[1..];
    }
    let value = rest.strip_prefix(' ').expect("a value");
    Sample {
        name: name.to_owned(),
        labels,
        value: value
            .parse()
            .unwrap_or_else(|_| panic!("no value in {line}")),
    }
}

fn parse_quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next().expect("a closing quote") {
            '"' => return (value, chars.as_str()),
            '\\' => value.push(match chars.next() {
                Some('n') => '\n',
                Some(c @ ('"' | '\\')) => c,
                other => panic!("escape {other:?} in {text}"),
            }),
            c => value.push(c),
        }
    }
}
