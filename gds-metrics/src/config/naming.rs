//! The setter for the names of the labels.

use super::{builder::GdsMetricsBuilder, label_names::LabelNames};

impl GdsMetricsBuilder {
    /// The names of the standard metrics' labels. Default: [`LabelNames::Gds`].
    ///
    /// [`LabelNames::OpenTelemetry`] selects the names from OpenTelemetry's conventions for HTTP, in the form that
    /// Prometheus uses. [A guide](crate::guides::opentelemetry) describes what changes. These are the labels:
    ///
    /// | label | value | left out |
    /// | --- | --- | --- |
    /// | `http_request_method` | as `method`, or a method of `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` | |
    /// | `url_scheme` | the scheme of the connection, `http` or `https`; or the last value of `X-Forwarded-Proto`, if the peer is a [trusted proxy](Self::trusted_proxies) | |
    /// | `http_route` | the pattern of the route | no route matched |
    /// | `http_response_status_code` | the status | the client disconnected before the head was sent |
    /// | `error_type` | the status if it is a 5xx; `panic`; `cancelled` if no head was sent | no error |
    /// | `network_protocol_version` | `1.0`, `1.1`, `2` | |
    /// | `server_address` | as `host` | no [hosts](Self::hosts) are listed |
    /// | `server_port` | the port in the request, or the default port of the scheme | no hosts are listed, or the server does not listen on that port |
    ///
    /// `http_server_active_requests` has the labels for method and scheme. `http_server_blocking_polls_total` and
    /// `http_server_blocked_seconds_total` have `http_route`. `http_server_exceptions_total` does not change.
    /// Hosts are distinguished only if they are listed in code or in `METRICS_HOSTS`, so
    /// [`max_hosts`](Self::max_hosts) has no effect.
    ///
    /// The limits are the same. Beyond twice [`max_label_sets`](Self::max_label_sets), a request has
    /// `http_route="_other"` and no version. Its status is a class (`5xx`), and so is its `error_type` unless
    /// that is `panic` or `cancelled`.
    ///
    /// With [`from_env`](Self::from_env), [`build`](Self::build) also reads these variables. An empty variable
    /// counts as unset:
    ///
    /// | variable | meaning |
    /// | --- | --- |
    /// | `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` | the known methods, separated by commas; they replace the standard ones |
    /// | `OTEL_RESOURCE_ATTRIBUTES` | labels of `target_info`: `key=value` pairs, separated by commas, percent-encoded |
    /// | `OTEL_SERVICE_NAME` | the label `service_name` of `target_info`; takes precedence over `service.name` in the attributes |
    ///
    /// ```
    /// use gds_metrics::{GdsMetrics, LabelNames};
    ///
    /// # fn main() -> Result<(), gds_metrics::ConfigError> {
    /// let metrics = GdsMetrics::builder()
    ///     .from_env()?
    ///     .label_names(LabelNames::OpenTelemetry)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn label_names(mut self, names: LabelNames) -> Self {
        self.label_names = names;
        self
    }
}
