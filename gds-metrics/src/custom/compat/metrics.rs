//! Implementations that allow this crate's metrics in a registry of prometheus-client.

use std::fmt;

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::MetricType,
};

use crate::{
    custom::{
        labels::FamilyLabels,
        metric::{FamilyMember, Metric},
        metrics::{Family, Histogram, Info, Summary},
    },
    exposition::MetricKind,
};

const fn type_of(kind: MetricKind) -> MetricType {
    match kind {
        MetricKind::Counter => MetricType::Counter,
        MetricKind::Gauge => MetricType::Gauge,
        MetricKind::Histogram => MetricType::Histogram,
        MetricKind::Info => MetricType::Info,
        MetricKind::Summary | MetricKind::StateSet | MetricKind::Unknown => MetricType::Unknown,
    }
}

impl EncodeMetric for Summary {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        // prometheus-client has no summaries. A histogram without buckets has the same samples.
        let (sum, count) = self.sum_and_count();
        encoder.encode_histogram::<NoLabelSet>(sum, count, &[], None)
    }

    fn metric_type(&self) -> MetricType {
        type_of(Self::KIND)
    }
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let buckets = self.buckets();
        let count = buckets.iter().map(|(_, count)| count).sum();
        encoder.encode_histogram::<NoLabelSet>(self.sum(), count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        type_of(Self::KIND)
    }
}

impl<L: FamilyLabels> EncodeMetric for Info<L> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        match self.shared() {
            Some(labels) => encoder.encode_info(&*labels),
            None => Ok(()),
        }
    }

    fn metric_type(&self) -> MetricType {
        type_of(Self::KIND)
    }

    fn is_empty(&self) -> bool {
        self.shared().is_none()
    }
}

impl<L: FamilyLabels, M: FamilyMember + EncodeMetric> EncodeMetric for Family<L, M> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        for (labels, metric) in self.all() {
            metric.encode(encoder.encode_family(&*labels)?)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        type_of(M::KIND)
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}
