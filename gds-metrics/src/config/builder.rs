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

/// Settings for [`GdsMetrics`](crate::GdsMetrics). A setter wins over the environment, whichever comes first.
///
/// ```
/// use gds_metrics::GdsMetrics;
///
/// # fn main() -> Result<(), gds_metrics::ConfigError> {
/// let metrics = GdsMetrics::builder()
///     .from_env()?
///     .buckets([0.01, 0.1, 1.0])
///     .exclude("/health")
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use = "call `.build()`"]
// Each is a switch of its own.
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
    /// Reads the environment, see [`GdsMetrics::from_env`](crate::GdsMetrics::from_env) for the variables.
    ///
    /// # Errors
    ///
    /// When a variable does not hold what it should, even if a setter replaces it. (A token's file is
    /// opened by [`build`](Self::build), if its token is used.)
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

    /// Several tokens of which a scrape must present one: while a token is rotated, the old one and
    /// the new. Default: none.
    ///
    /// Replaces the tokens of earlier calls.
    pub fn bearer_tokens<T: Into<String>>(mut self, tokens: impl IntoIterator<Item = T>) -> Self {
        self.auth = Some(AuthSetting::Tokens(
            tokens.into_iter().map(Into::into).collect(),
        ));
        self
    }

    /// No token is required, whatever the environment says and whatever was set before. Addresses
    /// set by [`allow_ips`](Self::allow_ips) are still required. Default: as the environment says;
    /// without it, no token.
    pub fn without_auth(mut self) -> Self {
        self.auth = Some(AuthSetting::Off);
        self
    }

    /// The addresses or ranges that may scrape, such as `10.0.0.0/8`; when a token is set as well,
    /// both must be right. Default: all.
    ///
    /// The address is the peer's, or what [a trusted proxy](Self::trusted_proxies) says. A request
    /// without one, as through a Unix socket, is refused.
    pub fn allow_ips<R: fmt::Display>(mut self, ranges: impl IntoIterator<Item = R>) -> Self {
        self.allowed_ips = Some(ranges.into_iter().map(|range| range.to_string()).collect());
        self
    }

    /// The addresses or ranges of proxies whose `X-Forwarded-For` is believed, for
    /// [`allow_ips`](Self::allow_ips). Default: none.
    pub fn trusted_proxies<R: fmt::Display>(mut self, ranges: impl IntoIterator<Item = R>) -> Self {
        self.trusted_proxies = Some(ranges.into_iter().map(|range| range.to_string()).collect());
        self
    }

    /// The upper bounds of the duration histogram's buckets, in seconds, without `+Inf`. Default:
    /// the Python client's, `0.005` to `10`.
    pub fn buckets(mut self, bounds: impl IntoIterator<Item = f64>) -> Self {
        self.buckets = Some(bounds.into_iter().collect());
        self
    }

    /// The hosts that the `host` label tells apart, by name, in whatever port or case a request
    /// writes them; all others are `_other`. Default: as the environment says; without it, the
    /// first [`max_hosts`](Self::max_hosts) that are seen.
    pub fn hosts<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.hosts = Some(HostSetting::Listed(
            hosts.into_iter().map(Into::into).collect(),
        ));
        self
    }

    /// Leaves the `host` label out. Default: it is there.
    pub fn without_host_label(mut self) -> Self {
        self.hosts = Some(HostSetting::Unlabelled);
        self
    }

    /// How many hosts the `host` label tells apart when none are listed: the first that are seen on
    /// requests with a route. All others are `_other`. Default: 32.
    pub fn max_hosts(mut self, max: usize) -> Self {
        self.max_hosts = Some(max);
        self
    }

    /// How many label sets of the standard metrics are told apart in full, each of 18 samples with
    /// the default buckets, or 61 with the [extended group](Self::extended). Default: 2,000.
    ///
    /// Beyond it, requests are counted under the host `_other`; beyond twice it, under the path
    /// `_other` as well, so that there are never more than twice as many label sets and one for each
    /// method and class of status (`5xx`). `gds_metrics_folded_requests_total` counts the requests.
    ///
    /// Each app that has seen a label set keeps numbers of its own for it: with the default buckets
    /// 128 bytes, and about 100 more. Actix makes an app for each worker and listening socket.
    pub fn max_label_sets(mut self, max: usize) -> Self {
        self.max_label_sets = Some(max);
        self
    }

    /// Records nothing of the requests to a route, given by its pattern as it was registered, with
    /// the scopes it lies in: `/health`, `/users/{id}`. Compared exactly, after routing. Default:
    /// everything is recorded.
    ///
    /// May be called for several routes.
    pub fn exclude(mut self, pattern: impl Into<String>) -> Self {
        self.excluded.push(pattern.into());
        self
    }

    /// The `error` label for errors of type `E` in `http_server_exceptions_total`. Default: the
    /// name that the error's `Debug` text begins with, if it begins with one, else `error`.
    ///
    /// May be called for several types.
    ///
    /// ```
    /// use gds_metrics::GdsMetrics;
    ///
    /// # fn main() -> Result<(), gds_metrics::ConfigError> {
    /// let metrics = GdsMetrics::builder()
    ///     .error_kind::<std::io::Error>("io")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn error_kind<E: ResponseError + 'static>(mut self, name: impl Into<String>) -> Self {
        let is = |error: &Error| error.as_error::<E>().is_some();
        self.error_kinds.push((is, name.into()));
        self
    }

    /// Whether the extended group is on. Default: `false`, the standard metrics alone, as the Python
    /// original has them.
    ///
    /// | name | type | labels | what |
    /// | --- | --- | --- | --- |
    /// | `http_server_active_requests` | gauge | `method`, `host` | in flight, until the response's body is finished or dropped |
    /// | `http_server_request_body_size_bytes` | histogram | `method`, `host`, `path`, `code` | bytes read of the request's body |
    /// | `http_server_response_body_size_bytes` | histogram | the same | bytes of the response's body that were handed to the server |
    /// | `http_server_response_duration_seconds` | histogram | the same | from the start to the end of the body; not for event streams and upgrades |
    /// | `http_server_responses_truncated_total` | counter | `reason` | responses whose head went out and whose body did not: `client`, `body_error` or `panic` |
    /// | `gds_metrics_scrapes_total` | counter | `outcome` | scrapes: `ok`, `unauthorized`, `forbidden`, `busy` or `error` |
    /// | `gds_metrics_last_scrape_bytes` | gauge | | size of the last exposition, before compression |
    ///
    /// `http_server_active_requests` is raised before a request's route is known: it counts requests
    /// to [excluded](Self::exclude) routes too, and the first request of a new host under `_other`.
    pub fn extended(mut self, extended: bool) -> Self {
        self.extended = extended;
        self
    }

    /// Whether OpenMetrics says when each counter, histogram and summary began, in lines named
    /// `…_created`. Default: `false`.
    ///
    /// A Prometheus with `--enable-feature=created-timestamp-zero-ingestion` then sees a series begin
    /// at 0, so that `increase()` counts its first requests. Any other Prometheus stores these lines
    /// as series of their own. The protobuf format always says it, at no such cost.
    pub fn start_timestamps(mut self, on: bool) -> Self {
        self.options.created = on;
        self
    }

    /// Whether histograms have native buckets too: that of the durations, those of the
    /// [extended group](Self::extended), and every custom [`Histogram`](crate::Histogram). Default:
    /// `false`; a custom one has them with `#[metric(native)]`.
    ///
    /// Native buckets grow by 9 %: from a microsecond to 17 minutes, from a byte to a gibibyte, or for any
    /// other unit around the classic buckets. Smaller and negative values are in the zero bucket, larger
    /// ones and `NaN` in that of infinity.
    ///
    /// Only the protobuf format has them, beside the classic buckets; the text formats do not change.
    /// **A Prometheus that asks for native histograms drops the classic buckets** unless its job has
    /// `always_scrape_classic_histograms: true`: set it until all dashboards and alerts have moved.
    ///
    /// A label set takes about 0.7 to 0.9 KiB more for each histogram and for each app instance that has
    /// seen it, and 2.2 KiB at most with the default buckets.
    pub fn native_histograms(mut self, on: bool) -> Self {
        self.native_histograms = on;
        self
    }

    /// Whether the buckets of `http_server_request_duration_seconds` have exemplars: the trace and the
    /// span of their last request of a sampled trace. Default: `false`. (A custom histogram has them by
    /// [`observe_with`](crate::Histogram::observe_with), without this setting.)
    ///
    /// The trace is the [`TraceContext`](crate::TraceContext) that the application has put into the
    /// request's extensions; if there is none, that of the header `traceparent` of W3C's Trace Context.
    /// A header that is not valid, that comes twice, or that names a trace that is not sampled makes no
    /// exemplar. A request that ends without a response (an error that a middleware returns, a panic, a
    /// client that went away) has none either. The extensions are looked at when the response comes: a task
    /// of the application that holds `extensions_mut()` across an `.await` then makes that request panic.
    ///
    /// **Who can set `traceparent` chooses the ids** that dashboards show and link to. It is 24 bytes that
    /// are written as hexadecimal digits; nothing else of the header gets out. Remove the header at the
    /// edge if clients are not to choose.
    ///
    /// OpenMetrics and protobuf have exemplars, the classic text format has none. An exemplar is replaced
    /// when it is a second old, and not written any more when it is older than 70 seconds. The first one
    /// of a label set takes 48 bytes for each bucket, in each app instance: 720 with the default buckets.
    /// Prometheus keeps exemplars with `--enable-feature=exemplar-storage`.
    ///
    /// ```
    /// use actix_web::{HttpMessage, HttpRequest};
    /// use gds_metrics::{GdsMetrics, TraceContext};
    ///
    /// # fn main() -> Result<(), gds_metrics::ConfigError> {
    /// let metrics = GdsMetrics::builder().exemplars(true).build()?;
    ///
    /// // Where the application starts a span of its own:
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

    /// Prometheus's standard process metrics, read when they are scraped. Default: `false`.
    ///
    /// | name | type | what |
    /// | --- | --- | --- |
    /// | `process_cpu_seconds_total` | counter | user and system CPU time, in seconds |
    /// | `process_open_fds` | gauge | open file descriptors |
    /// | `process_max_fds` | gauge | how many may be open; `+Inf` if there is no limit |
    /// | `process_resident_memory_bytes` | gauge | resident memory |
    /// | `process_virtual_memory_bytes` | gauge | virtual memory |
    /// | `process_start_time_seconds` | gauge | when the process started, in seconds since the Unix epoch |
    /// | `process_threads` | gauge | OS threads |
    ///
    /// Linux, macOS and FreeBSD tell all of them, Windows all but the threads, `OpenBSD` some, other
    /// systems none: what is not known is left out.
    ///
    /// There with the Cargo feature `process`.
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

    /// Whether each worker measures how late a timer of its own fires, in the histogram
    /// `gds_metrics_event_loop_delay_seconds`. Default: `false`.
    ///
    /// A handler that blocks its worker, by a computation or by a call that should have been in
    /// [`web::block`](actix_web::web::block), makes all other requests of that worker wait. That is
    /// what this shows: the delay of a timer is the delay of whatever else was ready.
    ///
    /// The timer is due twice a second, on each thread that has an app wrapped in these metrics, and
    /// ends with the last of them. Requests cost no more. On an idle thread timers are late by about a
    /// millisecond. A delay that spans several ticks counts for each of them.
    ///
    /// ```
    /// use gds_metrics::GdsMetrics;
    ///
    /// # fn main() -> Result<(), gds_metrics::ConfigError> {
    /// let metrics = GdsMetrics::builder().event_loop_delay(true).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn event_loop_delay(mut self, on: bool) -> Self {
        self.builtin.event_loop_delay = on.then(Arc::default);
        self
    }

    /// Counts, by route, each poll of a request that holds its worker for longer than this: from 1 ms to
    /// 1 minute; 100 ms is a good begin. Default: polls are not timed.
    ///
    /// | name | type | labels | what |
    /// | --- | --- | --- | --- |
    /// | `http_server_blocking_polls_total` | counter | `path` | polls that held the worker longer |
    /// | `http_server_blocked_seconds_total` | counter | `path` | how long these polls held it together |
    ///
    /// A handler that computes for long, sleeps the thread or makes a blocking call lets no other request
    /// of its worker go on. It should do that in [`web::block`](actix_web::web::block). A handler that
    /// waits by `.await` holds nothing, however long that takes. The first long poll of each route is a
    /// warning in the log.
    ///
    /// All that runs inside of this middleware is timed: the other middlewares, the extractors and the
    /// handler, from each time that Actix continues the request to the next `.await` that has to wait,
    /// also if it panics. Bodies of responses are not timed: Actix polls them after the request;
    /// [`event_loop_delay`](Self::event_loop_delay) shows that they block, but not which.
    ///
    /// A poll that ends with a response counts for the response's route. Any other one counts as soon as
    /// it ends, for the route that the path alone tells, as the `path` of an abandoned request does.
    /// [Excluded](Self::exclude) routes are not counted. There are as many paths as
    /// [`max_label_sets`](Self::max_label_sets); all others are `_other`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use gds_metrics::GdsMetrics;
    ///
    /// # fn main() -> Result<(), gds_metrics::ConfigError> {
    /// let metrics = GdsMetrics::builder()
    ///     .detect_blocking(Duration::from_millis(100))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn detect_blocking(mut self, longer_than: Duration) -> Self {
        self.blocking = Some(longer_than);
        self
    }

    /// Whether there is a page to look at beside the metrics, at `<path>/live`. Default: `false`.
    ///
    /// The page reads the metrics every few seconds, in the browser, and draws requests, errors and
    /// durations by route, exceptions, and the application's own metrics; with
    /// [`extended`](Self::extended) also requests in flight, and with
    /// [`event_loop_delay`](Self::event_loop_delay) the delay of the workers' timers.
    ///
    /// The page itself holds no data and needs no token. It asks for the token, if there is one, and
    /// keeps it in memory only. [`allow_ips`](Self::allow_ips) guards the page as it guards the metrics.
    ///
    /// There with the Cargo feature `live-page`.
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
    /// With it, any other metric can be told by version, and a dashboard can show when a new one
    /// came into use.
    ///
    /// ```
    /// use gds_metrics::GdsMetrics;
    ///
    /// # fn main() -> Result<(), gds_metrics::ConfigError> {
    /// let metrics = GdsMetrics::builder()
    ///     .build_info(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn build_info(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.builtin.build_info = Some(BuildInfo {
            name: name.into(),
            version: version.into(),
        });
        self
    }
}
