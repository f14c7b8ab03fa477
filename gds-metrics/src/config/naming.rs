//! The setter for the names of the labels.

use super::{builder::GdsMetricsBuilder, label_names::LabelNames};

impl GdsMetricsBuilder {
    /// Whose names the labels of the standard metrics have. Default: [`LabelNames::Gds`].
    ///
    /// With [`LabelNames::OpenTelemetry`] they are those that OpenTelemetry's conventions for HTTP have
    /// in Prometheus, and [a guide](crate::guides::opentelemetry) says what follows from that:
    ///
    /// | label | value | left out |
    /// | --- | --- | --- |
    /// | `http_request_method` | as `method`, or a method of `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` | |
    /// | `url_scheme` | `http` or `https`, as the connection is; or the last value of `X-Forwarded-Proto`, if the peer is a [trusted proxy](Self::trusted_proxies) | |
    /// | `http_route` | the pattern of the route | no route matched |
    /// | `http_response_status_code` | the status | no head was sent: the client went away |
    /// | `error_type` | for a status of 5xx that status; `panic`; `cancelled` where no head was sent | no error |
    /// | `network_protocol_version` | `1.0`, `1.1`, `2` | |
    /// | `server_address` | as `host` | no [hosts](Self::hosts) are listed |
    /// | `server_port` | the port that the request names, or that of the scheme | no hosts are listed, or the server does not listen on that port |
    ///
    /// `http_server_active_requests` has the method and the scheme,
    /// `http_server_blocking_polls_total` and `http_server_blocked_seconds_total` have `http_route`;
    /// `http_server_exceptions_total` does not change. Hosts that are not listed in code or in
    /// `METRICS_HOSTS` are not told apart, so [`max_hosts`](Self::max_hosts) has no effect.
    ///
    /// The caps are the same. Beyond twice [`max_label_sets`](Self::max_label_sets) a request has
    /// `http_route="_other"`, its status and its `error_type` are a class (`5xx`) unless that is `panic`
    /// or `cancelled`, and the version is left out.
    ///
    /// With [`from_env`](Self::from_env) these variables are read as well, by [`build`](Self::build);
    /// an empty one is as unset:
    ///
    /// | variable | meaning |
    /// | --- | --- |
    /// | `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` | the methods that are told apart, separated by commas; they replace the standard ones |
    /// | `OTEL_RESOURCE_ATTRIBUTES` | labels of `target_info`: `key=value` pairs, separated by commas, percent-encoded |
    /// | `OTEL_SERVICE_NAME` | the label `service_name` of `target_info`; wins over `service.name` in the attributes |
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
