//! One series of a histogram or a summary, assembled from another library's lines.

use std::mem;

use super::{Exemplar, Line, Number, Timestamp, labels::Labels};

/// The lines of a series so far.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// The labels without `le`.
    labels: String,
    sum: Option<f64>,
    count: Option<u64>,
    buckets: Vec<Bucket>,
    /// The labels of the line that is being added.
    line_labels: String,
}

/// A complete series.
#[derive(Debug, PartialEq)]
pub(super) struct Series {
    pub(super) labels: String,
    pub(super) sum: f64,
    pub(super) count: u64,
    pub(super) buckets: Vec<Bucket>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Bucket {
    pub(super) bound: f64,
    /// The observations of this bucket and all lower ones.
    pub(super) count: u64,
    pub(super) exemplar: Option<String>,
}

impl Gathered {
    /// Adds a line and returns `true`, or returns `false` if the line belongs to another series. A line that
    /// cannot belong to any series is skipped.
    pub(super) fn add(&mut self, line: &Line<'_>) -> bool {
        self.line_labels.clear();
        let mut bound = None;
        for (name, value) in Labels::new(line.labels) {
            if name == "le" && line.suffix == "_bucket" {
                bound = value.parse().ok();
                continue;
            }
            if !self.line_labels.is_empty() {
                self.line_labels.push(',');
            }
            self.line_labels.push_str(name);
            self.line_labels.push_str("=\"");
            self.line_labels.push_str(value);
            self.line_labels.push('"');
        }

        let known = match line.suffix {
            "_sum" => self.sum.is_some(),
            "_count" => self.count.is_some(),
            _ => false,
        };
        if !self.is_empty() && (known || self.line_labels != self.labels) {
            return false;
        }
        match (line.suffix, bound) {
            ("_sum", _) => self.sum = line.value.parse().ok(),
            ("_count", _) => self.count = read_count(line.value),
            ("_bucket", Some(bound)) => {
                let exemplar = line.exemplar.map(str::to_owned);
                self.buckets
                    .extend(read_count(line.value).map(|count| Bucket {
                        bound,
                        count,
                        exemplar,
                    }));
            }
            _ => return true,
        }
        mem::swap(&mut self.labels, &mut self.line_labels);
        true
    }

    /// The series, if it has any lines.
    pub(super) fn take(&mut self) -> Option<Series> {
        if self.is_empty() {
            return None;
        }
        let buckets = mem::take(&mut self.buckets);
        let all = buckets.last().map_or(0, |bucket| bucket.count);
        Some(Series {
            labels: mem::take(&mut self.labels),
            sum: self.sum.take().unwrap_or_default(),
            count: self.count.take().unwrap_or(all),
            buckets,
        })
    }

    fn is_empty(&self) -> bool {
        self.sum.is_none() && self.count.is_none() && self.buckets.is_empty()
    }
}

fn read_count(text: &str) -> Option<u64> {
    // Counts are integers in practice. The specification also allows floats. The cast saturates.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let as_float = |_| text.parse::<f64>().map(|count| count as u64);
    text.parse().or_else(as_float).ok()
}

/// Reads `{labels} value` or `{labels} value timestamp`.
pub(super) fn read_exemplar(text: &str) -> Option<Exemplar<'_>> {
    let inner = text.strip_prefix('{')?;
    let mut labels = Labels::new(inner);
    labels.by_ref().for_each(drop);
    let (labels, numbers) = inner.split_at_checked(inner.len() - labels.rest().len())?;
    let mut numbers = numbers.strip_prefix("} ")?.split(' ');
    let value = numbers.next()?.parse().ok()?;
    let time = numbers.next().and_then(|time| time.parse::<f64>().ok());
    // The cast saturates.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let time = time.map(|seconds| Timestamp::from_nanos((seconds * 1e9) as u64));
    Some(Exemplar {
        labels,
        value: Number::Float(value),
        time,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_series_ends_at_the_next_one() {
        let mut gathered = Gathered::default();
        for (suffix, labels, value, added) in [
            ("_sum", r#"a="1""#, "1.5", true),
            ("_count", r#"a="1""#, "3", true),
            // `le` can be at any position.
            ("_bucket", r#"le="1.0",a="1""#, "2", true),
            ("_bucket", r#"a="1",le="+Inf""#, "3", true),
            ("_odd", r#"a="1""#, "3", true),
            ("_sum", r#"a="2""#, "0.5", false),
            ("_bucket", r#"a="2",le="+Inf""#, "3", false),
            ("_sum", r#"a="1""#, "1.5", false),
        ] {
            assert_eq!(
                gathered.add(&line(suffix, labels, value)),
                added,
                "{suffix} {labels}"
            );
        }
        let bucket = |bound, count| Bucket {
            bound,
            count,
            exemplar: None,
        };
        let expected = Series {
            labels: r#"a="1""#.to_owned(),
            sum: 1.5,
            count: 3,
            buckets: vec![bucket(1.0, 2), bucket(f64::INFINITY, 3)],
        };
        assert_eq!(gathered.take(), Some(expected));
        assert_eq!(gathered.take(), None);
        assert!(gathered.add(&line("_count", "", "1e3")));
        assert_eq!(gathered.take().map(|series| series.count), Some(1000));
    }

    #[test]
    fn exemplars() {
        for (text, expected) in [
            (r#"{t="1"} 2.5"#, Some((r#"t="1""#, 2.5, None))),
            ("{} 2", Some(("", 2.0, None))),
            (
                r#"{t="}\"",u="2"} 2 3.5"#,
                Some((r#"t="}\"",u="2""#, 2.0, Some(3_500_000_000))),
            ),
            (r#"{t="1"}"#, None),
            (r#"t="1" 2"#, None),
        ] {
            let found = read_exemplar(text).map(|exemplar| {
                let time = exemplar.time.map(Timestamp::as_nanos);
                (exemplar.labels, exemplar.value.as_f64(), time)
            });
            assert_eq!(found, expected, "{text}");
        }
    }
}
