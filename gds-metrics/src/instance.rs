//! `GdsMetrics`: what was built, and its methods.

use std::{borrow::Cow, fmt, sync::Arc};

use prometheus_client::registry::Registry;

#[cfg(feature = "monitoring")]
use crate::custom::Definition;
use crate::{
    builtin::{Builtin, EventLoopDelay},
    custom::{self, GdsMetricSet, MetricRegistry},
    endpoint::{self, Endpoint, EndpointSettings, MetricsScope, Scrapes},
    error::{EncodeError, RegisterError},
    exposition::{Cost, Format, Options, Source, Writer, sample},
    requests::{self, Store},
};

/// The metrics of an application.
///
/// Build `GdsMetrics` once, outside the closure of `HttpServer::new`, so that all workers share its counts. A clone
/// is cheap and shares the counts of the original. Two `GdsMetrics` that were built separately share nothing, even
/// in one process.
///
/// [`wrap`](actix_web::App::wrap) the `App` in a clone last, so that it is the outermost middleware, and mount the
/// [`scope`](Self::scope) where Prometheus can reach it.
///
/// ```no_run
/// use actix_web::{App, HttpServer, web};
/// use gds_metrics::GdsMetrics;
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let metrics = GdsMetrics::from_env()?;
///
/// HttpServer::new(move || {
///     App::new()
///         .service(metrics.scope())
///         .route("/", web::get().to(|| async { "hello" }))
///         .wrap(metrics.clone())
/// })
/// .bind(("127.0.0.1", 8080))?
/// .run()
/// .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct GdsMetrics {
    inner: Arc<Inner>,
}

struct Inner {
    endpoint: Arc<Endpoint>,
    metrics: Arc<Metrics>,
}

/// Everything that is exposed.
struct Metrics {
    store: Arc<Store>,
    scrapes: Arc<Scrapes>,
    builtin: Builtin,
    registry: MetricRegistry,
    options: Options,
}

impl GdsMetrics {
    pub(crate) fn new(
        endpoint: EndpointSettings,
        store: Store,
        builtin: Builtin,
        options: Options,
    ) -> Self {
        let mut own = builtin.families();
        own.extend(requests::FAMILIES.iter().chain(&endpoint::FAMILIES));
        own.push(custom::FOLDED_SERIES);
        let reserved: Vec<_> = own
            .iter()
            .map(|family| (family.name, family.kind))
            .collect();
        let native = store.settings().native_histograms;
        let metrics = Arc::new(Metrics {
            store: Arc::new(store),
            scrapes: Arc::default(),
            builtin,
            registry: MetricRegistry::new(&reserved, native),
            options,
        });
        let source = Arc::clone(&metrics) as Arc<dyn Source>;
        let (scrapes, store) = (Arc::clone(&metrics.scrapes), Arc::clone(&metrics.store));
        let endpoint = Arc::new(Endpoint::new(endpoint, source, scrapes, store));
        Self {
            inner: Arc::new(Inner { endpoint, metrics }),
        }
    }

    /// The service that exposes the metrics, at the path that was set (default: `/metrics`).
    ///
    /// Mount the scope on the same `App` as your routes, or on the `App` of a private server. The scope answers
    /// `GET` and `HEAD` in the format that the client prefers. The response is compressed if the client accepts
    /// gzip.
    ///
    /// Register the scope before a catch-all route, and outside your own authentication. The scope checks its own
    /// token, see [`GdsMetricsBuilder::bearer_token`](crate::GdsMetricsBuilder::bearer_token).
    ///
    /// ```
    /// use actix_web::App;
    /// use gds_metrics::GdsMetrics;
    ///
    /// # fn main() -> Result<(), gds_metrics::ConfigError> {
    /// let metrics = GdsMetrics::builder().build()?;
    /// let app = App::new().service(metrics.scope()).wrap(metrics.clone());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "mount the scope on an `App` with `.service(…)`"]
    pub fn scope(&self) -> MetricsScope {
        MetricsScope::new(Arc::clone(&self.inner.endpoint))
    }

    /// Creates the metrics of a set and registers them: all of them, or none.
    ///
    /// Register each set once, where `GdsMetrics` is built, and give each worker a clone of the set. Any thread may
    /// register a set at any time.
    ///
    /// ```
    /// use gds_metrics::{Counter, GdsMetricSet, GdsMetrics};
    ///
    /// /// Metrics of the shop.
    /// #[derive(Clone, Debug, GdsMetricSet)]
    /// #[metric(prefix = "shop")]
    /// struct ShopMetrics {
    ///     /// Orders placed.
    ///     orders: Counter,
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let metrics = GdsMetrics::builder().build()?;
    /// let shop: ShopMetrics = metrics.register()?;
    ///
    /// shop.orders.inc();
    /// assert_eq!(metrics.sample("shop_orders_total", &[]), Some(1.0));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When a name is taken. The error names both owners.
    pub fn register<T: GdsMetricSet>(&self) -> Result<T, RegisterError> {
        self.inner.metrics.registry.register()
    }

    /// Registers a set and adds constant labels to each of its series. You can call this method several times for
    /// one set, such as for the pools `pool="read"` and `pool="write"`.
    ///
    /// Each call needs the same label names with different values. The type parameters of a generic set can differ,
    /// unless they change the kind, unit, help, buckets or label set of a metric.
    ///
    /// ```
    /// use gds_metrics::{Gauge, GdsMetricSet, GdsMetrics};
    ///
    /// #[derive(Clone, Debug, GdsMetricSet)]
    /// #[metric(prefix = "pool")]
    /// struct PoolMetrics {
    ///     /// Connections that are open.
    ///     connections: Gauge,
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let metrics = GdsMetrics::builder().build()?;
    /// let read: PoolMetrics = metrics.register_labelled([("pool", "read")])?;
    /// let write: PoolMetrics = metrics.register_labelled([("pool", "write")])?;
    ///
    /// read.connections.set(8);
    /// write.connections.set(2);
    /// assert_eq!(metrics.sample("pool_connections", &[("pool", "read")]), Some(8.0));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// - A name is taken by another metric, by this set with the same labels, or by this set with labels of other
    ///   names.
    /// - A label's name is invalid, its value is empty, or the set itself has a label of that name.
    pub fn register_labelled<T: GdsMetricSet>(
        &self,
        labels: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Result<T, RegisterError> {
        let labels = labels
            .into_iter()
            .map(|(name, value)| (Cow::Owned(name.into()), Cow::Owned(value.into())));
        self.inner
            .metrics
            .registry
            .register_labelled(labels.collect())
    }

    /// Passes a prometheus-client [`Registry`] to `register`, for metrics that a [`GdsMetricSet`] cannot describe:
    /// collectors, and your own types.
    ///
    /// Names, help texts and units are exposed as for a set. A family whose name is taken or invalid is left
    /// out of the exposition, and a warning is logged once.
    ///
    /// Each call creates a separate registry, which is exposed when `register` returns. prometheus-client's own
    /// families return guards: a guard that is held across an `.await` can delay a scrape, and two guards in
    /// one expression can deadlock. With these families, use [`get_or_create_owned`].
    ///
    /// Each scrape calls a `Collector` on a separate thread. A collector should only read numbers: after 10 s, the
    /// scrape is answered with 503. In a collector, [`encode`](Self::encode) returns an error and
    /// [`sample`](Self::sample) returns `None`.
    ///
    /// [`get_or_create_owned`]: prometheus_client::metrics::family::Family::get_or_create_owned
    ///
    /// ```
    /// use gds_metrics::{Gauge, GdsMetrics};
    ///
    /// # fn main() -> Result<(), gds_metrics::ConfigError> {
    /// let metrics = GdsMetrics::builder().build()?;
    /// let depth: Gauge = Gauge::default();
    /// metrics.register_with(|registry| {
    ///     registry.register("queue_depth", "Jobs that wait", depth.clone());
    /// });
    ///
    /// depth.set(3);
    /// assert_eq!(metrics.sample("queue_depth", &[]), Some(3.0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn register_with<R>(&self, register: impl FnOnce(&mut Registry) -> R) -> R {
        self.inner.metrics.registry.register_with(register)
    }

    /// The exposition, as a scrape would get it.
    ///
    /// # Errors
    ///
    /// - A metric's own encoder reports an error.
    /// - The format is [`Format::Protobuf`], which is not text.
    /// - A collector or a label's encoder calls this method.
    ///
    /// ```
    /// use gds_metrics::{Format, GdsMetrics};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let metrics = GdsMetrics::builder().build()?;
    /// let text = metrics.encode(Format::Text)?;
    /// assert!(text.contains("# TYPE http_server_requests_total counter\n"));
    /// # Ok(())
    /// # }
    /// ```
    #[allow(clippy::missing_panics_doc)]
    pub fn encode(&self, format: Format) -> Result<String, EncodeError> {
        if format == Format::Protobuf {
            let format = format.as_str();
            return Err(EncodeError::NotText { format });
        }
        let text = self.encode_to_vec(format)?;
        Ok(String::from_utf8(text).expect("the text formats write nothing but text"))
    }

    /// The exposition as bytes, in any format.
    ///
    /// # Errors
    ///
    /// - A metric's own encoder reports an error.
    /// - A collector or a label's encoder calls this method.
    ///
    /// ```
    /// use gds_metrics::{Format, GdsMetrics};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let metrics = GdsMetrics::builder().build()?;
    /// let families = metrics.encode_to_vec(Format::Protobuf)?;
    /// assert!(!families.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn encode_to_vec(&self, format: Format) -> Result<Vec<u8>, EncodeError> {
        let mut bytes = Vec::new();
        endpoint::write(&*self.inner.metrics, format, &mut bytes)?;
        Ok(bytes)
    }

    /// The value of the sample `name` that has exactly these labels, in any order. `None` if no such sample exists,
    /// or if the metrics cannot be encoded, as in a collector.
    ///
    /// This method is for tests, because it writes a whole exposition and searches it. Give all labels, including
    /// `host`, which is `_invalid` for a request without a host. [`sum`](Self::sum) needs only some of the labels.
    ///
    /// ```
    /// use gds_metrics::GdsMetrics;
    ///
    /// # fn main() -> Result<(), gds_metrics::ConfigError> {
    /// let metrics = GdsMetrics::builder().build()?;
    /// let panics = metrics.sample("http_server_exceptions_total", &[("error", "panic")]);
    /// assert_eq!(panics, Some(0.0));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// `None` can mean that nothing was counted, or that a name is misspelt. To see the reason, print the exposition
    /// when the assertion fails:
    ///
    /// ```
    /// use gds_metrics::{Format, GdsMetrics};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let metrics = GdsMetrics::builder().build()?;
    /// let panics = metrics.sample("http_server_exceptions_total", &[("error", "panic")]);
    /// assert_eq!(panics, Some(0.0), "{}", metrics.encode(Format::Text)?);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn sample(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        sample::find(&self.encode(Format::Text).ok()?, name, labels)
    }

    /// The sum of all samples `name` that have at least these labels: 0 if no such sample exists, NaN if the metrics
    /// cannot be encoded.
    ///
    /// This method is for tests, like [`sample`](Self::sample).
    ///
    /// ```
    /// use gds_metrics::GdsMetrics;
    ///
    /// # fn main() -> Result<(), gds_metrics::ConfigError> {
    /// let metrics = GdsMetrics::builder().build()?;
    /// // With any method, host and status.
    /// let orders = metrics.sum("http_server_requests_total", &[("path", "/orders")]);
    /// assert_eq!(orders, 0.0);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let exposition = self.encode(Format::Text);
        exposition.map_or(f64::NAN, |text| sample::sum(&text, name, labels))
    }

    pub(crate) fn store(&self) -> &Arc<Store> {
        &self.inner.metrics.store
    }

    /// The families of the registered sets.
    #[cfg(feature = "monitoring")]
    pub(crate) fn definitions(&self) -> Vec<Definition> {
        self.inner.metrics.registry.definitions()
    }

    /// Whether the group of this family is on.
    #[cfg(feature = "monitoring")]
    pub(crate) fn has_group(&self, family: &str) -> bool {
        let families = self.inner.metrics.builtin.families();
        families.iter().any(|header| header.name == family)
    }

    /// The path of the endpoint.
    #[cfg(feature = "monitoring")]
    pub(crate) fn path(&self) -> &str {
        self.inner.endpoint.path()
    }

    pub(crate) fn event_loop_delay(&self) -> Option<&Arc<EventLoopDelay>> {
        self.inner.metrics.builtin.event_loop_delay.as_ref()
    }
}

impl fmt::Debug for GdsMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GdsMetrics")
            .field("endpoint", &self.inner.endpoint)
            .field("store", &self.inner.metrics.store)
            .finish_non_exhaustive()
    }
}

impl Source for Metrics {
    fn options(&self) -> Options {
        self.options
    }

    fn write(&self, writer: &mut dyn Writer) -> Result<(), EncodeError> {
        self.store.write(writer);
        if self.store.settings().extended {
            self.scrapes.write(writer);
        }
        self.builtin.write(writer);
        self.registry.write(writer)
    }

    fn cost(&self) -> Cost {
        self.store.cost() + Scrapes::COST + self.builtin.cost() + self.registry.cost()
    }
}
