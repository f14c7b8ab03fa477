//! Facts as labels, which can be set after registration.

use std::sync::{Arc, PoisonError, RwLock};

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeMetric, MetricEncoder},
    metrics::{MetricType, TypedMetric},
};

/// Facts about the process, such as its version, as the labels of `<name>_info`, whose value is 1.
///
/// It is not exposed until it is [`set`](Self::set). Facts should not change while the process lives:
/// each change begins a new series. Where they do (a reloaded configuration), setting them again
/// replaces them. A clone is the same info.
///
/// ```
/// use gds_metrics::{EncodeLabelSet, GdsMetricSet, Info};
///
/// #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
/// struct Build {
///     version: &'static str,
/// }
///
/// #[derive(Clone, Debug, GdsMetricSet)]
/// struct AppMetrics {
///     /// What this binary was built from.
///     build: Info<Build>, // build_info{version="1.2.3"} 1
/// }
///
/// # let metrics: AppMetrics = gds_metrics::GdsMetrics::builder().build()?.register()?;
/// metrics.build.set(Build { version: "1.2.3" });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Info<L> {
    labels: Arc<RwLock<Option<L>>>,
}

impl<L> Info<L> {
    /// Tells the facts, instead of those told before.
    pub fn set(&self, labels: L) {
        *self.labels.write().unwrap_or_else(PoisonError::into_inner) = Some(labels);
    }

    /// The facts, if they have been set.
    #[must_use]
    pub fn get(&self) -> Option<L>
    where
        L: Clone,
    {
        self.labels
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl<L> Clone for Info<L> {
    fn clone(&self) -> Self {
        Self {
            labels: Arc::clone(&self.labels),
        }
    }
}

impl<L> Default for Info<L> {
    fn default() -> Self {
        Self {
            labels: Arc::default(),
        }
    }
}

impl<L> TypedMetric for Info<L> {
    const TYPE: MetricType = MetricType::Info;
}

impl<L: EncodeLabelSet> EncodeMetric for Info<L> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        match &*self.labels.read().unwrap_or_else(PoisonError::into_inner) {
            Some(labels) => encoder.encode_info(labels),
            None => Ok(()),
        }
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }

    fn is_empty(&self) -> bool {
        self.labels
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_none()
    }
}
