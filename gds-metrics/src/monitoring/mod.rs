//! Prometheus rules and a Grafana dashboard, generated from the registered metrics.

mod dashboard;
mod error;
mod names;
mod objectives;
mod promql;
mod rules;

pub use self::error::MonitoringError;
use self::{objectives::Objective, promql::Selection};
use crate::instance::GdsMetrics;

const DEFAULT_AVAILABILITY: f64 = 0.999;

impl GdsMetrics {
    /// Prometheus rules and a Grafana dashboard, generated from what this service exposes.
    ///
    /// Available with the Cargo feature `monitoring`.
    ///
    /// ```
    /// use gds_metrics::{Counter, GdsMetricSet, GdsMetrics};
    ///
    /// #[derive(Clone, Debug, GdsMetricSet)]
    /// #[metric(prefix = "shop")]
    /// struct ShopMetrics {
    ///     /// Orders placed.
    ///     orders: Counter,
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let metrics = GdsMetrics::builder().extended(true).build()?;
    /// let shop: ShopMetrics = metrics.register()?;
    ///
    /// let monitoring = metrics
    ///     .monitoring()
    ///     .availability(0.999)
    ///     .latency("/orders", 0.25, 0.99);
    /// let rules = monitoring.rules()?; // write it to a file of `rule_files`
    /// let dashboard = monitoring.dashboard()?; // import it into Grafana
    /// assert!(rules.contains("alert: HttpServerErrorBudgetBurn"));
    /// assert!(dashboard.contains("rate(shop_orders_total"));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "monitoring")))]
    pub fn monitoring(&self) -> Monitoring {
        Monitoring {
            metrics: self.clone(),
            availability: DEFAULT_AVAILABILITY,
            of_routes: Vec::new(),
            selection: Selection::default(),
            native: false,
        }
    }
}

/// Generates [rules](Self::rules) and a [dashboard](Self::dashboard). They belong together, because the
/// dashboard queries the recorded series.
///
/// They match the settings of the [`GdsMetrics`]: the path of the endpoint, the [label
/// names](crate::GdsMetricsBuilder::label_names), the buckets, the groups that are switched on, and the sets
/// that are registered when the text is generated. A service can print them on request before it binds its
/// port. [`GdsMetrics::monitoring`] has an example.
#[derive(Clone, Debug)]
#[must_use = "call `.rules()` or `.dashboard()`"]
pub struct Monitoring {
    metrics: GdsMetrics,
    availability: f64,
    of_routes: Vec<Objective>,
    selection: Selection,
    native: bool,
}

impl Monitoring {
    /// The objective for the service: the share of all requests whose response must not be a 5xx. Default: 0.999.
    /// See [`GdsMetrics::monitoring`] for an example.
    pub fn availability(mut self, share: f64) -> Self {
        self.availability = share;
        self
    }

    /// The objective for one route: the share of its requests whose response must not be a 5xx. Give the pattern of the
    /// route as it was registered, with the scopes around it. Default: no route has its own objective.
    ///
    /// May be called for several routes.
    ///
    /// ```
    /// use gds_metrics::GdsMetrics;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let metrics = GdsMetrics::builder().build()?;
    /// let monitoring = metrics.monitoring().route_availability("/users/{id}", 0.9995);
    /// assert!(monitoring.rules()?.contains("path: /users/{id}"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn route_availability(mut self, route: impl Into<String>, share: f64) -> Self {
        self.of_routes.push(Objective {
            route: Some(route.into()),
            share,
            within: None,
        });
        self
    }

    /// The share of a route's requests whose response head must be ready within `seconds`, which must be a
    /// bound of the [buckets](crate::GdsMetricsBuilder::buckets). Requests that the client cancelled do not
    /// count. Default: no route has such an objective.
    ///
    /// May be called for several routes. See [`GdsMetrics::monitoring`] for an example.
    pub fn latency(mut self, route: impl Into<String>, seconds: f64, share: f64) -> Self {
        self.of_routes.push(Objective {
            route: Some(route.into()),
            share,
            within: Some(seconds),
        });
        self
    }

    /// The name of this service's job in Prometheus. Default: the rules apply to every job that exposes the
    /// standard metrics.
    ///
    /// If one Prometheus has the rules of several services, set the job of each service. Otherwise the objectives of
    /// one service also apply to the other services.
    ///
    /// ```
    /// use gds_metrics::GdsMetrics;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let metrics = GdsMetrics::builder().build()?;
    /// let rules = metrics.monitoring().job("shop").rules()?;
    /// assert!(rules.contains(r#"http_server_requests_total{job="shop"}"#));
    /// # Ok(())
    /// # }
    /// ```
    pub fn job(mut self, job: impl Into<String>) -> Self {
        self.selection.job = Some(job.into());
        self
    }

    /// Whether the Prometheus server stores native histograms without classic buckets. Default: `false`.
    ///
    /// With `true`, one rule and one panel also use `histogram_sum`, which `VictoriaMetrics` and vmalert do not
    /// support. Quantiles and heat maps show both forms with either value. Latency objectives, and the alert on
    /// clients that cancel requests, need classic buckets.
    pub fn native(mut self, native: bool) -> Self {
        self.native = native;
        self
    }

    /// The rules for Prometheus, as YAML: recordings, and alerts on objectives, exceptions, saturation and
    /// scrapes. The `runbook_url` of each alert leads to its section in
    /// [`guides::troubleshooting`](crate::guides::troubleshooting).
    ///
    /// # Errors
    ///
    /// When an objective or a name is invalid. The error names it.
    pub fn rules(&self) -> Result<String, MonitoringError> {
        let objectives = self.checked()?;
        Ok(rules::make(
            &self.metrics,
            &self.selection,
            &objectives,
            self.native,
        ))
    }

    /// The dashboard for Grafana, as JSON: six panels for people on call, then rows for the standard metrics,
    /// and one row for each registered set. The description of a panel is the help of its metric. The
    /// dashboard needs the [rules](Self::rules).
    ///
    /// Panels of a set show counters as rates by label, histograms as quantiles and a heat map, summaries as
    /// means and rates, gauges by instance, state sets as the number of instances in each state, and infos as
    /// their labels. Metrics that were registered with [`register_with`](GdsMetrics::register_with) are not
    /// shown, because they have no definition.
    ///
    /// # Errors
    ///
    /// Like [`rules`](Self::rules).
    pub fn dashboard(&self) -> Result<String, MonitoringError> {
        self.checked()?;
        Ok(dashboard::make(&self.metrics, &self.selection, self.native))
    }

    /// The valid objectives, with the objective of the service first.
    fn checked(&self) -> Result<Vec<Objective>, MonitoringError> {
        if self.selection.job.as_deref() == Some("") {
            return Err(MonitoringError::Job);
        }
        let service = Objective {
            route: None,
            share: self.availability,
            within: None,
        };
        let all = [&[service], &*self.of_routes].concat();
        let bounds = &self.metrics.store().settings().buckets;
        objectives::check(&all, bounds, self.native)?;
        Ok(all)
    }
}
