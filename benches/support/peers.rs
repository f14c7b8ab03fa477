//! The crates that this crate is compared with, set up as their documentation describes.

use std::{sync::OnceLock, time::Instant};

use actix_web::{
    dev::{ServiceRequest, ServiceResponse},
    http::header,
};
use actix_web_metrics::{ActixWebMetrics, ActixWebMetricsBuilder};
use actix_web_prom::{PrometheusMetrics, PrometheusMetricsBuilder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

/// The default buckets of this crate.
pub const BUCKETS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

pub fn actix_web_prom() -> PrometheusMetrics {
    PrometheusMetricsBuilder::new("http")
        .endpoint("/metrics")
        .buckets(&BUCKETS)
        .build()
        .expect("the settings are right")
}

pub fn actix_web_metrics() -> ActixWebMetrics {
    exporter();
    ActixWebMetricsBuilder::new().build()
}

/// The exporter of the `metrics` crate; a process has only one.
pub fn exporter() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        PrometheusBuilder::new()
            .set_buckets(&BUCKETS)
            .expect("there are buckets")
            .install_recorder()
            .expect("it is the first")
    })
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Labels {
    pub method: String,
    pub host: String,
    pub path: String,
    pub code: u16,
}

/// The standard metrics, written by hand with prometheus-client.
#[derive(Clone, Debug)]
pub struct Families {
    pub requests: Family<Labels, Counter>,
    pub duration: Family<Labels, Histogram, fn() -> Histogram>,
}

impl Default for Families {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            duration: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
        }
    }
}

impl Families {
    pub fn registry(&self) -> Registry {
        let mut registry = Registry::default();
        registry.register(
            "http_server_request_duration_seconds",
            "Server request duration in seconds",
            self.duration.clone(),
        );
        registry.register(
            "http_server_requests",
            "Total requests",
            self.requests.clone(),
        );
        registry
    }

    pub fn start(&self, req: &ServiceRequest) -> FamilyRecording {
        let host = req.headers().get(header::HOST);
        FamilyRecording {
            families: self.clone(),
            start: Instant::now(),
            method: req.method().to_string(),
            host: host
                .and_then(|host| host.to_str().ok())
                .unwrap_or_default()
                .to_owned(),
        }
    }

    pub fn record(&self, labels: &Labels, seconds: f64) {
        self.requests.get_or_create(labels).inc();
        self.duration.get_or_create(labels).observe(seconds);
    }
}

#[derive(Debug)]
pub struct FamilyRecording {
    families: Families,
    start: Instant,
    method: String,
    host: String,
}

impl FamilyRecording {
    pub fn end<B>(self, response: &ServiceResponse<B>) {
        let labels = Labels {
            method: self.method,
            host: self.host,
            path: response
                .request()
                .match_pattern()
                .unwrap_or_else(|| "No endpoint".to_owned()),
            code: response.status().as_u16(),
        };
        self.families
            .record(&labels, self.start.elapsed().as_secs_f64());
    }
}
