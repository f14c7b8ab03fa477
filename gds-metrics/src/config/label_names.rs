//! Whose names the labels have.

/// Whose names the labels of the standard metrics have, see [`label_names`](crate::GdsMetricsBuilder::label_names).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LabelNames {
    /// Those of the Python package `gds-metrics`: `method`, `host`, `path`, `code`.
    #[default]
    Gds,
    /// Those of OpenTelemetry's conventions for HTTP: `http_request_method`, `url_scheme`,
    /// `http_route`, `http_response_status_code` and others.
    OpenTelemetry,
}
