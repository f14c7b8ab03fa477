//! The choice of label names.

/// The names of the standard metrics' labels, see [`label_names`](crate::GdsMetricsBuilder::label_names).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LabelNames {
    /// The names of the Python package `gds-metrics`: `method`, `host`, `path`, `code`.
    #[default]
    Gds,
    /// The names of OpenTelemetry's conventions for HTTP: `http_request_method`, `url_scheme`, `http_route`,
    /// `http_response_status_code` and others.
    OpenTelemetry,
}
