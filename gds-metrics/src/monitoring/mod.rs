//! Rules for Prometheus and a dashboard for Grafana, made from what is registered.

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
    /// Rules for Prometheus and a dashboard for Grafana, made from what this service exposes.
    ///
    /// There with the Cargo feature `monitoring`.
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

/// Makes [rules](Self::rules) and a [dashboard](Self::dashboard) that belong together: the dashboard
/// asks for what the rules record.
///
/// They fit the settings of the [`GdsMetrics`] that this was made of: the path of its endpoint, the
/// [names of its labels](crate::GdsMetricsBuilder::label_names), its buckets, the groups that are on, and the sets that are registered when the text is made. A service
/// can print them when it is asked to, before it binds its port; see
/// [`GdsMetrics::monitoring`] for an example.
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
    /// The share of all requests that must not be answered with a 5xx. Default: 0.999.
    pub fn availability(mut self, share: f64) -> Self {
        self.availability = share;
        self
    }

    /// The same for the requests of one route, given by its pattern as it was registered, with the
    /// scopes it lies in. Default: no route has an objective of its own.
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

    /// The share of a route's requests whose response has its head within `seconds`, which must be a
    /// bound of the [buckets](crate::GdsMetricsBuilder::buckets). Requests that the client gave up
    /// do not count. Default: no route has such an objective.
    ///
    /// May be called for several routes.
    pub fn latency(mut self, route: impl Into<String>, seconds: f64, share: f64) -> Self {
        self.of_routes.push(Objective {
            route: Some(route.into()),
            share,
            within: Some(seconds),
        });
        self
    }

    /// The job that this service is in Prometheus. Default: the rules are for every job that exposes
    /// the standard metrics.
    ///
    /// Rules of several services in one Prometheus need it: the objectives of one would otherwise be
    /// those of the others, too.
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

    /// Whether the Prometheus keeps native histograms without classic buckets. Default: `false`.
    ///
    /// The rules then have one more, in functions that vmalert does not know. The dashboard shows
    /// either form. Latency objectives, and the alert on clients that give up, need classic buckets.
    pub fn native(mut self, native: bool) -> Self {
        self.native = native;
        self
    }

    /// The rules for Prometheus, as YAML: recordings, and alerts on the objectives, on exceptions,
    /// saturation and scrapes. Each alert has a `runbook_url`, its section in
    /// [`guides::troubleshooting`](crate::guides::troubleshooting).
    ///
    /// # Errors
    ///
    /// When an objective or a name is not what it should be; the error tells which.
    pub fn rules(&self) -> Result<String, MonitoringError> {
        let objectives = self.checked()?;
        Ok(rules::make(
            &self.metrics,
            &self.selection,
            &objectives,
            self.native,
        ))
    }

    /// The dashboard for Grafana, as JSON: six panels for people on call, then rows for the standard
    /// metrics, and one for each registered set, with the help of a metric as its panel's
    /// description. It needs the [rules](Self::rules).
    ///
    /// A set's counters are shown as rates by label, histograms as quantiles and a heat map,
    /// summaries as means and rates, gauges by instance, state sets as the number of instances in
    /// each state, infos as what they tell. What was registered with
    /// [`register_with`](GdsMetrics::register_with) is not shown: it is described nowhere.
    ///
    /// # Errors
    ///
    /// As [`rules`](Self::rules).
    pub fn dashboard(&self) -> Result<String, MonitoringError> {
        self.checked()?;
        Ok(dashboard::make(&self.metrics, &self.selection))
    }

    /// The objectives, that of the service first.
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
