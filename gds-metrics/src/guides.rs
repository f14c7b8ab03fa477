//! Guides, in the order in which a new user needs them.
//!
//! 1. [`getting_started`]: from `cargo add` to a graph of your own traffic
//! 2. [`custom_metrics`]: counting what your application does
//! 3. [`testing`]: checking metrics in your tests
//! 4. [`security`]: who may read the metrics
//! 5. [`deployment`]: Kubernetes, ECS and Cloud Foundry
//! 6. [`monitoring`]: queries, alerts and a dashboard
//! 7. [`native_histograms`]: native histograms and exemplars
//! 8. [`opentelemetry`]: OpenTelemetry's label names
//! 9. [`fleets`]: what many instances cost a Prometheus
//! 10. [`troubleshooting`]: symptoms, and what each alert means
//! 11. [`guarantees`](crate::guarantees): what is recorded, and the limits
//! 12. Moving from [Python](from_python), [`actix-web-prom`](from_actix_web_prom),
//!     [`actix-web-metrics`](from_actix_web_metrics) or [OpenTelemetry](from_opentelemetry)

// Headings are names of alerts, and names of servers are not code.
#![allow(clippy::doc_markdown)]

#[doc = include_str!("../docs/getting_started.md")]
pub mod getting_started {}

#[doc = include_str!("../docs/custom_metrics.md")]
pub mod custom_metrics {}

#[doc = include_str!("../docs/testing.md")]
pub mod testing {}

#[doc = include_str!("../docs/security.md")]
pub mod security {}

#[doc = include_str!("../docs/deployment.md")]
pub mod deployment {}

#[doc = include_str!("../docs/monitoring.md")]
pub mod monitoring {}

#[doc = include_str!("../docs/native_histograms.md")]
pub mod native_histograms {}

#[doc = include_str!("../docs/opentelemetry.md")]
pub mod opentelemetry {}

#[doc = include_str!("../docs/fleets.md")]
pub mod fleets {}

#[doc = include_str!("../docs/troubleshooting.md")]
pub mod troubleshooting {}

#[doc = include_str!("../docs/from_python.md")]
pub mod from_python {}

#[doc = include_str!("../docs/from_actix_web_prom.md")]
pub mod from_actix_web_prom {}

#[doc = include_str!("../docs/from_actix_web_metrics.md")]
pub mod from_actix_web_metrics {}

#[doc = include_str!("../docs/from_opentelemetry.md")]
pub mod from_opentelemetry {}
