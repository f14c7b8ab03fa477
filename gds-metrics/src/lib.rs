//! Standard Prometheus metrics for Actix Web: how many requests, how long they took, how they ended.
//!
//! Two lines add them to an application: one mounts the endpoint, one wraps the middleware.
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use gds_metrics::GdsMetrics;
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // Built once, outside of the closure: all workers share it.
//!     let metrics = GdsMetrics::from_env()?;
//!
//!     HttpServer::new(move || {
//!         App::new()
//!             .service(metrics.scope())
//!             .route("/", web::get().to(|| async { "hello" }))
//!             .wrap(metrics.clone())
//!     })
//!     .bind(("127.0.0.1", 8080))?
//!     .run()
//!     .await?;
//!     Ok(())
//! }
//! ```
//!
//! | name | type | labels |
//! | --- | --- | --- |
//! | `http_server_request_duration_seconds` | histogram | `method`, `host`, `path`, `code` |
//! | `http_server_requests_total` | counter | the same |
//! | `http_server_exceptions_total` | counter | `error` |
//! | `gds_metrics_folded_requests_total` | counter | `reason` |
//!
//! Names, help texts and buckets are those of the Python package `gds-metrics`. Each request is
//! recorded exactly once, however it ends, and nothing that a client sends makes series without
//! bound: see [`guarantees`]. The environment ([`GdsMetrics::from_env`]) says who may scrape, or the
//! builder ([`GdsMetricsBuilder`]) does.
//!
//! # Customised, with metrics of the application's own
//!
//! ```
//! use actix_web::{App, HttpResponse, test, web};
//! use gds_metrics::{Counter, GdsMetricSet, GdsMetrics};
//!
//! /// Metrics of the shop.
//! #[derive(Clone, Debug, GdsMetricSet)]
//! #[metric(prefix = "shop")]
//! struct ShopMetrics {
//!     /// Orders placed.
//!     orders: Counter,
//! }
//!
//! async fn order(shop: web::Data<ShopMetrics>) -> HttpResponse {
//!     shop.orders.inc();
//!     HttpResponse::Created().finish()
//! }
//!
//! # #[actix_web::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let metrics = GdsMetrics::builder()
//!     .bearer_token("5a1d0b1e")
//!     .buckets([0.01, 0.1, 1.0])
//!     .hosts(["shop.example"])
//!     .exclude("/health")
//!     .extended(true)
//!     .build()?;
//! let shop: ShopMetrics = metrics.register()?;
//!
//! let app = test::init_service(
//!     App::new()
//!         .app_data(web::Data::new(shop.clone()))
//!         .service(metrics.scope())
//!         .route("/orders", web::post().to(order))
//!         .wrap(metrics.clone()),
//! )
//! .await;
//! let request = test::TestRequest::post().uri("/orders").insert_header(("Host", "shop.example"));
//! test::call_service(&app, request.to_request()).await;
//!
//! assert_eq!(metrics.sample("shop_orders_total", &[]), Some(1.0));
//! let labels = [("method", "POST"), ("host", "shop.example"), ("path", "/orders"), ("code", "201")];
//! assert_eq!(metrics.sample("http_server_requests_total", &labels), Some(1.0));
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! - `live-page`: [`GdsMetricsBuilder::live_page`], a page that shows the metrics live.
//! - `monitoring`: `GdsMetrics::monitoring`, rules for Prometheus and a dashboard for Grafana, made from
//!   what is registered.
//! - `process`: [`GdsMetricsBuilder::process_metrics`], the standard metrics of the process.
//!
//! # Further pages
//!
//! - [`guarantees`]: what you can rely on, and where it ends.
//! - [`guides::troubleshooting`]: symptoms as headings.
//! - [`guides::deployment`]: Kubernetes, ECS and Cloud Foundry.
//! - [`guides::fleets`]: what many instances cost a Prometheus, and what saves most.
//! - [`guides::native_histograms`]: native histograms and exemplars, and which switch they need where.
//! - [`guides::opentelemetry`]: OpenTelemetry's label names, and what changes with them.
//! - [`guides::from_python`] and [`guides::from_actix_web_prom`]: for those who move over.
//! - [`schema`]: what a set consists of, for documentation and dashboards.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builtin;
mod config;
mod custom;
mod endpoint;
mod error;
mod exposition;
pub mod guarantees;
pub mod guides;
mod instance;
mod middleware;
#[cfg(feature = "monitoring")]
mod monitoring;
mod requests;

/// The traits of label types. Their derives have the same names, are our own, and are exported by
/// name, which goes before a glob.
mod encoding {
    pub use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
}

pub use gds_metrics_derive::{EncodeLabelSet, EncodeLabelValue, GdsMetricSet};
pub use prometheus_client::{
    self,
    metrics::{counter::Counter, gauge::Gauge},
};

pub use crate::{
    config::{GdsMetricsBuilder, LabelNames},
    custom::{
        ClosedFamily, ClosedLabelSet, ClosedLabelValue, CounterFn, Family, FamilyMember,
        FloatCounter, FloatGauge, GaugeExt, GaugeFn, GdsMetricSet, Histogram, InProgress, Info,
        LabelSet, Metric, Observe, StateSet, Summary, Timer, UpDown, schema,
    },
    encoding::*,
    endpoint::MetricsScope,
    error::{ConfigError, EncodeError, ParseFormatError, RegisterError},
    exposition::{Format, MetricKind, TraceContext},
    instance::GdsMetrics,
    middleware::{GdsMetricsMiddleware, ObservedBody, RecordedFuture},
};

#[cfg(feature = "monitoring")]
#[cfg_attr(docsrs, doc(cfg(feature = "monitoring")))]
pub use crate::monitoring::{Monitoring, MonitoringError};

/// What the derives' code calls. Not a part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use std;

    pub use prometheus_client::encoding::{
        EncodeLabelSet, EncodeLabelValue, LabelSetEncoder, LabelValueEncoder,
    };

    pub use crate::custom::{
        labels::{
            ClosedLabelSet, ClosedLabelValue, Label, LabelNames, LabelValue, Probe, Unknown,
            display, encode_display, nested_index, product, sum,
        },
        metric::{LabelsOf, Metric},
        metrics::buckets,
        schema::{Entry, Schema, check::check, help::help, name::Text},
        set::{
            GdsMetricSet, MaxSeries, MetricField, MetricParts, SetBuilder, SetField, Zero,
            max_series, metric_field, set_field, zero,
        },
    };
}
