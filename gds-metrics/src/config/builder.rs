//! The setters.

use std::{fmt, sync::Arc, time::Duration};

use actix_web::{Error, ResponseError};

use super::{environment::Environment, label_names::LabelNames, values::HostSetting};
use crate::{
    builtin::{BuildInfo, Builtin},
    error::ConfigError,
    exposition::Options,
    requests::IsError,
};

/// Settings for [`GdsMetrics`](crate::GdsMetrics). A setter takes precedence over the environment, whether it is called
/// before or after [`from_env`](Self::from_env).
///
/// An example with most setters, which are independent of each other:
///
/// ```
/// use std::time::Duration;
///
/// use gds_metrics::GdsMetrics;
///
/// # fn main() -> Result<(), gds_metrics::ConfigError> {
/// let metrics = GdsMetrics::builder()
///     .from_env()?
///     .path("/internal/metrics")
///     .bearer_token("5a1d0b1e")
///     .allow_ips(["10.0.0.0/8"])
///     .trusted_proxies(["192.0.2.10"])
///     .buckets([0.01, 0.1, 1.0])
///     .hosts(["shop.example", "admin.shop.example"])
///     .max_label_sets(5_000)
///     .exclude("/health")
///     .error_kind::<std::io::Error>("io")
///     .extended(true)
///     .native_histograms(true)
///     .start_timestamps(true)
///     .event_loop_delay(true)
///     .detect_blocking(Duration::from_millis(100))
///     .build_info(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
///     .build()?;
///
/// let open = GdsMetrics::builder().without_auth().without_host_label().build()?;
/// let many_hosts = GdsMetrics::builder().max_hosts(100).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use = "call `.build()`"]
// The switches are independent.
#[allow(clippy::struct_excessive_bools)]
pub struct GdsMetricsBuilder {
    pub(super) environment: Option<Environment>,
    pub(super) path: Option<String>,
    pub(super) auth: Option<AuthSetting>,
    pub(super) allowed_ips: Option<Vec<String>>,
    pub(super) trusted_proxies: Option<Vec<String>>,
    pub(super) buckets: Option<Vec<f64>>,
    pub(super) hosts: Option<HostSetting>,
    pub(super) max_hosts: Option<usize>,
    pub(super) max_label_sets: Option<usize>,
    pub(super) excluded: Vec<String>,
    pub(super) error_kinds: Vec<(IsError, String)>,
    pub(super) extended: bool,
    pub(super) blocking: Option<Duration>,
    pub(super) native_histograms: bool,
    pub(super) exemplars: bool,
    pub(super) label_names: LabelNames,
    pub(super) options: Options,
    #[cfg(feature = "live-page")]
    pub(super) live_page: bool,
    pub(super) builtin: Builtin,
}

pub(super) enum AuthSetting {
    Tokens(Vec<String>),
    Off,
}

impl GdsMetricsBuilder {
    /// Reads the environment. [`GdsMetrics::from_env`](crate::GdsMetrics::from_env) lists the variables.
    ///
    /// # Errors
    ///
    /// When a variable has an invalid value, even if a setter replaces it. ([`build`](Self::build) opens the token
    /// file, if its token is used.)
    #[allow(clippy::wrong_self_convention)]
    pub fn from_env(mut self) -> Result<Self, ConfigError> {
        self.environment = Some(Environment::of_process()?);
        Ok(self)
    }

    /// The path of the endpoint. Default: `/metrics`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The token that a scrape must present, as `Authorization: Bearer <token>`. Default: none.
    ///
    /// Replaces the tokens of earlier calls.
    pub fn bearer_token(self, token: impl Into<String>) -> Self {
        self.bearer_tokens([token])
    }

    /// Several tokens. A scrape must present one of them: during a rotation, the old token or the new token.
    /// Default: none. See [the guide](crate::guides::security#rotating-a-token) for an example.
    ///
    /// Replaces the tokens of earlier calls.
    pub fn bearer_tokens<T: Into<String>>(mut self, tokens: impl IntoIterator<Item = T>) -> Self {
        self.auth = Some(AuthSetting::Tokens(
            tokens.into_iter().map(Into::into).collect(),
        ));
        self
    }

    /// Requires no token, regardless of the environment and of earlier calls. The addresses of
    /// [`allow_ips`](Self::allow_ips) are still checked. Default: the environment decides; without it, no token is
    /// required.
    pub fn without_auth(mut self) -> Self {
        self.auth = Some(AuthSetting::Off);
        self
    }

    /// The addresses or ranges that may scrape, such as `10.0.0.0/8`. If a token is also set, a scrape must satisfy
    /// both. Default: all.
    ///
    /// The address is that of the peer, or the address that [a trusted proxy](Self::trusted_proxies) reports. A
    /// request without an address, such as a request through a Unix socket, is refused.
    pub fn allow_ips<R: fmt::Display>(mut self, ranges: impl IntoIterator<Item = R>) -> Self {
        self.allowed_ips = Some(ranges.into_iter().map(|range| range.to_string()).collect());
        self
    }

    /// The addresses or ranges of proxies whose `X-Forwarded-For` is trusted, for
    /// [`allow_ips`](Self::allow_ips). With [`LabelNames::OpenTelemetry`], their `X-Forwarded-Proto` is also
    /// trusted. Default: none.
    pub fn trusted_proxies<R: fmt::Display>(mut self, ranges: impl IntoIterator<Item = R>) -> Self {
        self.trusted_proxies = Some(ranges.into_iter().map(|range| range.to_string()).collect());
        self
    }

    /// The upper bounds of the duration histogram's buckets, in seconds, without `+Inf`. Default: those of
    /// Prometheus's Python client, `0.005` to `10`.
    pub fn buckets(mut self, bounds: impl IntoIterator<Item = f64>) -> Self {
        self.buckets = Some(bounds.into_iter().collect());
        self
    }

    /// The values of the `host` label. The port and the case of a request's host do not matter. Other hosts are
    /// `_other`. Default: as in the environment; without it, the first [`max_hosts`](Self::max_hosts) hosts that are
    /// seen on requests with a route.
    pub fn hosts<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.hosts = Some(HostSetting::Listed(
            hosts.into_iter().map(Into::into).collect(),
        ));
        self
    }

    /// Removes the `host` label. Default: each request has one.
    pub fn without_host_label(mut self) -> Self {
        self.hosts = Some(HostSetting::Unlabelled);
        self
    }

    /// The maximum number of values of the `host` label when no [`hosts`](Self::hosts) are listed. The values are the
    /// first hosts that are seen on requests with a route. Other hosts are `_other`. Default: 32.
    pub fn max_hosts(mut self, max: usize) -> Self {
        self.max_hosts = Some(max);
        self
    }

    /// The maximum number of label sets of the standard metrics that are kept in full. Each label set has 18 samples
    /// with the default buckets, or 61 with the [extended group](Self::extended). Default: 2,000.
    ///
    /// Beyond this limit, requests are counted under the host `_other`. Beyond twice the limit, they are
    /// also counted under the path `_other`, so the total is at most twice the limit plus one label set for
    /// each method and class of status (`5xx`). `gds_metrics_folded_requests_total` counts these requests.
    ///
    /// Each app instance that has seen a label set has its own counts for the label set: 128 bytes with the default
    /// buckets, and about 100 bytes more. An app instance also remembers up to 1,024 responses, in at most 128 KiB.
    /// Actix creates an app instance for each worker and listening socket.
    pub fn max_label_sets(mut self, max: usize) -> Self {
        self.max_label_sets = Some(max);
        self
    }

    /// Does not record requests to a route. Give the pattern of the route as it was registered, with the scopes around
    /// it: `/health`, `/users/{id}`. Patterns are compared exactly, after routing. Default: every request is recorded.
    ///
    /// May be called for several routes.
    pub fn exclude(mut self, pattern: impl Into<String>) -> Self {
        self.excluded.push(pattern.into());
        self
    }

    /// The `error` label for errors of type `E` in `http_server_exceptions_total`. Default: the name at the
    /// beginning of the error's `Debug` text, or `error` if there is none.
    ///
    /// May be called for several types.
    pub fn error_kind<E: ResponseError + 'static>(mut self, name: impl Into<String>) -> Self {
        let is = |error: &Error| error.as_error::<E>().is_some();
        self.error_kinds.push((is, name.into()));
        self
    }

    /// Whether the extended group is recorded. Default: `false`, only the standard metrics, as in the Python
    /// package.
    ///
    /// | name | type | labels | what |
    /// | --- | --- | --- | --- |
    /// | `http_server_active_requests` | gauge | `method`, `host` | requests in flight, until the response's body is finished or dropped |
    /// | `http_server_request_body_size_bytes` | histogram | `method`, `host`, `path`, `code` | bytes read of the request's body |
    /// | `http_server_response_body_size_bytes` | histogram | the same | bytes of the response's body that were passed to the server |
    /// | `http_server_response_duration_seconds` | histogram | the same | from the start to the end of the body; not for event streams and upgrades |
    /// | `http_server_responses_truncated_total` | counter | `reason` | responses whose head was sent but whose body was not sent completely: `client`, `body_error` or `panic` |
    /// | `gds_metrics_scrapes_total` | counter | `outcome` | scrapes: `ok`, `unauthorized`, `forbidden`, `busy` or `error` |
    /// | `gds_metrics_last_scrape_bytes` | gauge | | size of the last exposition, before compression |
    ///
    /// `http_server_active_requests` goes up before a request's route is known. It therefore includes requests to
    /// [excluded](Self::exclude) routes, and counts the first request of a new host under `_other`.
    pub fn extended(mut self, extended: bool) -> Self {
        self.extended = extended;
        self
    }

    /// Whether OpenMetrics contains the creation time of each counter, histogram and summary, in lines named
    /// `…_created`. Default: `false`.
    ///
    /// A Prometheus with `--enable-feature=created-timestamp-zero-ingestion` then lets a series begin at 0, so
    /// that `increase()` includes its first requests. Any other Prometheus stores these lines as separate
    /// series. The protobuf format always contains creation times, without extra series.
    pub fn start_timestamps(mut self, on: bool) -> Self {
        self.options.created = on;
        self
    }

    /// Whether histograms also have native buckets: request durations, the histograms of the
    /// [extended group](Self::extended), and all custom [`Histogram`](crate::Histogram)s. Default: `false`;
    /// `#[metric(native)]` switches them on for one custom histogram.
    ///
    /// The bound of each native bucket is 9 % above the previous bound: from a microsecond to 17 minutes, from a byte
    /// to a gibibyte, or, for any other unit, around the classic buckets. Smaller and negative values are counted in
    /// the zero bucket, larger values and `NaN` in the bucket of infinity.
    ///
    /// Only the protobuf format contains native buckets, in addition to the classic buckets. The text formats do not
    /// change.
    /// **A Prometheus that scrapes native histograms drops the classic buckets** unless its job has
    /// `always_scrape_classic_histograms: true`. Keep this setting until all dashboards and alerts use native
    /// histograms; see [the guide](crate::guides::native_histograms).
    ///
    /// A label set takes about 0.7 to 0.9 KiB more for each histogram in each app instance that has seen it,
    /// and at most 2.2 KiB with the default buckets.
    pub fn native_histograms(mut self, on: bool) -> Self {
        self.native_histograms = on;
        self
    }

    /// Whether the buckets of `http_server_request_duration_seconds` have exemplars: the trace and span of a recent
    /// request with a sampled trace. With the [extended group](Self::extended), the buckets of body sizes and of the
    /// response duration have exemplars too. Default: `false`. (A custom histogram has
    /// exemplars with [`observe_with`](crate::Histogram::observe_with), without this setting.)
    ///
    /// The value of an exemplar is the observed value, in seconds or bytes. The time of an exemplar is the time of the
    /// recording: when the response head is ready, or when the response body ends.
    ///
    /// The trace is the [`TraceContext`](crate::TraceContext) in the request's extensions. If the extensions do not
    /// contain one, the trace is taken from the header `traceparent` of W3C's Trace Context. The header is used only
    /// if it is valid, occurs once, and marks the trace as sampled. A request that ends without a response (an error
    /// that a middleware returns, a panic, a client that left) does not create an exemplar. The extensions are read
    /// when the response is ready. If a task of the application holds `extensions_mut()` across an `.await` at that
    /// time, the request has no exemplar, and the panic hook reports a caught panic of Actix,
    /// `already mutably borrowed`. With `panic = "abort"`, this panic ends the process.
    ///
    /// **A client that sends `traceparent` chooses the ids** that dashboards show and link to. These are 24
    /// bytes, written as hexadecimal digits. Nothing else of the header is exposed. To prevent clients from choosing
    /// ids, let the proxy at the edge remove the header.
    ///
    /// OpenMetrics and protobuf contain exemplars. The classic text format does not. A new observation replaces an
    /// exemplar that is at least one second old. An exemplar that is older than 70 seconds is left out. The first exemplar
    /// of a label set takes 48 bytes for each bucket in each app instance: 720 with the default buckets, 2,496
    /// with the extended group. Prometheus stores exemplars with `--enable-feature=exemplar-storage`.
    ///
    /// ```
    /// use actix_web::{HttpMessage, HttpRequest};
    /// use gds_metrics::{GdsMetrics, TraceContext};
    ///
    /// # fn main() -> Result<(), gds_metrics::ConfigError> {
    /// let metrics = GdsMetrics::builder().exemplars(true).build()?;
    ///
    /// // Where the application starts its own span:
    /// fn enter(req: &HttpRequest, trace_id: [u8; 16], span_id: [u8; 8]) {
    ///     req.extensions_mut().insert(TraceContext::new(trace_id, span_id));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn exemplars(mut self, on: bool) -> Self {
        self.exemplars = on;
        self
    }

    /// Whether Prometheus's standard process metrics are exposed, read at each scrape. Default: `false`.
    ///
    /// | name | type | what |
    /// | --- | --- | --- |
    /// | `process_cpu_seconds_total` | counter | user and system CPU time, in seconds |
    /// | `process_open_fds` | gauge | open file descriptors |
    /// | `process_max_fds` | gauge | the maximum number of open file descriptors; `+Inf` if there is no limit |
    /// | `process_resident_memory_bytes` | gauge | resident memory |
    /// | `process_virtual_memory_bytes` | gauge | virtual memory |
    /// | `process_start_time_seconds` | gauge | when the process started, in seconds since the Unix epoch |
    /// | `process_threads` | gauge | OS threads |
    ///
    /// Linux, macOS and FreeBSD report all of these values. Windows reports all except the threads, `OpenBSD` reports
    /// some, and other systems report none. Values that the system does not report are left out.
    ///
    /// Available with the Cargo feature `process`.
    ///
    /// ```
    /// use gds_metrics::GdsMetrics;
    ///
    /// # fn main() -> Result<(), gds_metrics::ConfigError> {
    /// let metrics = GdsMetrics::builder().process_metrics(true).build()?;
    /// # #[cfg(target_os = "linux")]
    /// assert!(metrics.sample("process_resident_memory_bytes", &[]) > Some(0.0));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "process")]
    #[cfg_attr(docsrs, doc(cfg(feature = "process")))]
    pub fn process_metrics(mut self, on: bool) -> Self {
        self.builtin.process = on;
        self
    }

    /// Whether each worker measures how late its timer fires, in the histogram
    /// `gds_metrics_event_loop_delay_seconds`. Default: `false`.
    ///
    /// A handler that blocks its worker, with a computation or a call that belongs in
    /// [`web::block`](actix_web::web::block), makes all other requests on that worker wait. The delay of the
    /// timer shows how long they wait.
    ///
    /// The timer is due twice a second on each thread that has an app wrapped in these metrics. The timer ends with
    /// the last such app. The cost of a request does not change. On an idle thread, timers are late by about
    /// a millisecond. A delay that spans several ticks is counted once for each tick.
    pub fn event_loop_delay(mut self, on: bool) -> Self {
        self.builtin.event_loop_delay = on.then(Arc::default);
        self
    }

    /// Counts, by route, each poll of a request that holds its worker for longer than this limit. The limit is from
    /// 1 ms to 1 minute. Begin with 100 ms. Default: polls are not timed.
    ///
    /// | name | type | labels | what |
    /// | --- | --- | --- | --- |
    /// | `http_server_blocking_polls_total` | counter | `path` | polls that held their worker for longer than the limit |
    /// | `http_server_blocked_seconds_total` | counter | `path` | the total time of these polls |
    ///
    /// A handler that computes for a long time, puts its thread to sleep or makes a blocking call stops all
    /// other requests on its worker. Such work belongs in [`web::block`](actix_web::web::block). A handler
    /// that waits in an `.await` does not hold its worker. The first long poll of each route is logged as a warning.
    ///
    /// Everything inside this middleware is timed: other middlewares, the extractors and the handler, from
    /// each time that Actix continues the request to the next `.await` that has to wait, even if the code panics.
    /// Response bodies are not timed, because Actix polls them after the request. Keep this middleware outermost: over
    /// HTTP/1, a wait of an outer middleware between its call and its first poll is counted.
    /// [`event_loop_delay`](Self::event_loop_delay) shows that something blocks, but not what.
    ///
    /// A poll that ends with a response is counted for the response's route. Any other poll is counted when
    /// it ends, for the route that its path leads to, like the `path` of an abandoned request.
    /// [Excluded](Self::exclude) routes are not counted. There are at most
    /// [`max_label_sets`](Self::max_label_sets) paths. Further paths are `_other`.
    pub fn detect_blocking(mut self, longer_than: Duration) -> Self {
        self.blocking = Some(longer_than);
        self
    }

    /// Whether a page at `<path>/live` shows the metrics. Default: `false`.
    ///
    /// The page reads the metrics every few seconds in the browser. It draws requests, errors and durations
    /// by route, exceptions, and the application's own metrics. With [`extended`](Self::extended) it also
    /// draws requests in flight, and with [`event_loop_delay`](Self::event_loop_delay) the delay of the
    /// workers' timers.
    ///
    /// The page itself contains no data and needs no token. If a token is set, the page asks the user for it and
    /// keeps it in memory only. [`allow_ips`](Self::allow_ips) applies to the page as to the metrics.
    ///
    /// Available with the Cargo feature `live-page`.
    ///
    /// ```
    /// use gds_metrics::GdsMetrics;
    ///
    /// # fn main() -> Result<(), gds_metrics::ConfigError> {
    /// let metrics = GdsMetrics::builder().live_page(true).build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "live-page")]
    #[cfg_attr(docsrs, doc(cfg(feature = "live-page")))]
    pub fn live_page(mut self, on: bool) -> Self {
        self.live_page = on;
        self
    }

    /// The name and the version of the application, exposed as `app_build_info{name="…",version="…"}`
    /// with the value 1. Default: not exposed.
    ///
    /// Queries can join `app_build_info` with other metrics to group them by version, and a dashboard can show when a
    /// new version was deployed.
    pub fn build_info(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.builtin.build_info = Some(BuildInfo {
            name: name.into(),
            version: version.into(),
        });
        self
    }
}
