//! Prometheus metrics for Actix Web services: the count, duration and outcome of every request by route, and
//! typed metrics of your own.
//!
//! Three lines add the metrics to an application: the first builds the metrics, the second mounts the endpoint,
//! and the third wraps the `App`. [Getting started](guides::getting_started) then leads to a graph.
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use gds_metrics::GdsMetrics;
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // Build it once, outside the closure: all workers share it.
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
//! Names, help texts and buckets are those of the Python package `gds-metrics`. Each request is recorded exactly
//! once, however the request ends, and the number of series that clients can create is limited: see
//! [`guarantees`]. By default, anyone who can reach the endpoint can read it. To restrict access, use the
//! environment ([`GdsMetrics::from_env`]) or the builder ([`GdsMetricsBuilder`]).
//!
//! # Settings, and metrics of the application
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
//! | feature | adds |
//! | --- | --- |
//! | `gzip` (default) | compressed scrapes for clients that accept them |
//! | `live-page` | [`GdsMetricsBuilder::live_page`], a page that draws the metrics |
//! | `monitoring` | `GdsMetrics::monitoring`, rules for Prometheus and a dashboard for Grafana, for the registered metrics |
//! | `process` | [`GdsMetricsBuilder::process_metrics`], the standard metrics of the process |
//!
//! # Further pages
//!
//! - [`guides`]: all guides in order, from getting started to moving from another crate
//! - [`guarantees`]: what is recorded, and the limits
//! - [`guides::troubleshooting`]: symptoms, and what each alert means
//! - [`schema`]: the metrics of a set as data, for documentation and dashboards
//!
//! This project is not an official product of the Government Digital Service.

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

/// The traits of label types. The derives have the same names and are exported by name, which takes
/// precedence over a glob.
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
        ClosedFamily, ClosedLabelSet, ClosedLabelValue, CounterFn, Family, FamilyLabels,
        FamilyMember, FloatCounter, FloatGauge, GaugeExt, GaugeFn, GdsMetricSet, Histogram,
        InProgress, Info, LabelSet, Metric, NamedLabels, Observe, StateSet, Summary, Timer, UpDown,
        schema,
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

/// What the derives' code calls. Not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use std;

    pub use prometheus_client::encoding::{
        EncodeLabelSet, EncodeLabelValue, LabelSetEncoder, LabelValueEncoder,
    };

    pub use crate::custom::{
        label_display::{display, encode_display},
        labels::{
            ClosedLabelSet, ClosedLabelValue, InnerLabels, Label, LabelValue, NamedLabels, Probe,
            Unknown, nested_index, product, sum,
        },
        metric::{LabelsOf, Metric, NamedMetric},
        metrics::buckets,
        schema::{Entry, Schema, check::check, help::help, name::Text},
        set::{
            GdsMetricSet, MaxSeries, MetricField, MetricParts, SetBuilder, SetField, Zero,
            max_series, metric_field, set_field, zero,
        },
    };
}
