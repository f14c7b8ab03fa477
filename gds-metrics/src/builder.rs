//! A stand-in until the real builder is merged.

use std::sync::Arc;

use crate::{
    error::{EncodeError, RegisterError},
    exposition::{Exposition, Format},
    registry::MetricRegistry,
    schema::MetricKind,
    set::GdsMetricSet,
};

/// The metrics of one application.
#[derive(Clone, Debug)]
pub struct GdsMetrics {
    registry: Arc<MetricRegistry>,
}

/// Builds [`GdsMetrics`].
#[derive(Debug)]
pub struct GdsMetricsBuilder(());

impl GdsMetricsBuilder {
    /// Builds it.
    ///
    /// # Errors
    /// Never.
    pub fn build(self) -> Result<GdsMetrics, RegisterError> {
        let reserved = [
            ("http_server_requests", MetricKind::Counter),
            (
                "http_server_request_duration_seconds",
                MetricKind::Histogram,
            ),
        ];
        Ok(GdsMetrics {
            registry: Arc::new(MetricRegistry::new(&reserved)),
        })
    }
}

impl GdsMetrics {
    /// Begins one.
    #[must_use]
    pub fn builder() -> GdsMetricsBuilder {
        GdsMetricsBuilder(())
    }

    /// Makes and registers a set.
    ///
    /// # Errors
    /// When a name is taken.
    pub fn register<T: GdsMetricSet>(&self) -> Result<T, RegisterError> {
        self.registry.register()
    }

    /// Lends the registry.
    pub fn register_with<R>(
        &self,
        f: impl FnOnce(&mut prometheus_client::registry::Registry) -> R,
    ) -> R {
        self.registry.register_with(f)
    }

    /// The exposition.
    ///
    /// # Errors
    /// When a metric's own encoder fails.
    pub fn encode(&self, format: Format) -> Result<String, EncodeError> {
        let mut text = String::new();
        let mut exposition = Exposition::new(format, &mut text);
        if !self.registry.is_empty() {
            self.registry.encode(&mut exposition)?;
        }
        exposition.finish();
        Ok(text)
    }

    /// The sample with exactly these labels.
    #[must_use]
    pub fn sample(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let text = self.encode(Format::Text).ok()?;
        let mut wanted: Vec<String> = labels.iter().map(|(l, v)| format!("{l}=\"{v}\"")).collect();
        wanted.sort();
        text.lines().find_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            let (found, labels) = match series.split_once('{') {
                Some((found, labels)) => (found, labels.strip_suffix('}')?),
                None => (series, ""),
            };
            let mut labels: Vec<&str> = labels.split(',').filter(|l| !l.is_empty()).collect();
            labels.sort_unstable();
            (found == name && labels == wanted).then(|| value.parse().ok())?
        })
    }
}
