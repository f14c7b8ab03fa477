//! Renders a label set to text, once for each series.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeMetric, MetricEncoder, text::encode_registry},
    metrics::MetricType,
    registry::Registry,
};

use super::label_text::{LabelText, read_label_set};

/// The labels cannot be exposed: the application's encoder failed or panicked, or a label has an invalid name,
/// comes twice, or has the name of a constant label or of a label of the metric's kind.
#[derive(Debug)]
pub(crate) struct BadLabels;

/// Renders `labels` with the application's encoder. Never call it under a lock.
///
/// Only prometheus-client's registry can make an encoder. The metric has no name, so that little text is around
/// the labels.
pub(crate) fn render<L: EncodeLabelSet + Clone + fmt::Debug + Send + Sync + 'static>(
    labels: &L,
) -> Result<LabelText, BadLabels> {
    let encode = AssertUnwindSafe(|| {
        let mut registry = Registry::default();
        registry.register("", "", OneOff(labels.clone()));
        let mut text = String::new();
        encode_registry(&mut text, &registry).map(|()| text)
    });
    let text = match catch_unwind(encode) {
        Ok(Ok(text)) => text,
        Ok(Err(fmt::Error)) => return Err(BadLabels),
        Err(payload) => {
            // Dropping the payload could panic again.
            std::mem::forget(payload);
            return Err(BadLabels);
        }
    };
    read(&text).ok_or(BadLabels)
}

/// The labels of the only sample in prometheus-client's text.
fn read(text: &str) -> Option<LabelText> {
    let sample = text.strip_prefix("# HELP  .\n# TYPE  gauge\n")?;
    let sample = sample.strip_suffix(" 0\n")?;
    read_label_set(sample)
}

#[derive(Debug)]
struct OneOff<L>(L);

impl<L: EncodeLabelSet> EncodeMetric for OneOff<L> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        encoder.encode_family(&self.0)?.encode_gauge(&0_i64)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Gauge
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_sets() {
        for (labels, expected) in [
            (&[][..], Some("")),
            (&[("a", "1"), ("b", "\n\"}")], Some(r#"a="1",b="\n\"}""#)),
            // Prometheus treats an empty label as missing.
            (&[("a", ""), ("b", "2")], Some(r#"b="2""#)),
            (&[("a", "1"), ("a", "2")], None),
            (&[("", "1")], None),
            (&[("a b", "1")], None),
            (&[("a\n", "1")], None),
            (&[("__a", "1")], None),
            (&[("a=\"1\"} 0\n# ", "1")], None),
        ] {
            let text = render(&labels.to_vec()).ok().map(|labels| labels.text);
            assert_eq!(text.as_deref(), expected, "{labels:?}");
        }
    }
}
