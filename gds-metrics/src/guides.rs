//! Pages for those who run it, and for those who move over from something else.

// Headings are the names of alerts, and servers have names of their own.
#![allow(clippy::doc_markdown)]

#[doc = include_str!("../docs/troubleshooting.md")]
pub mod troubleshooting {}

#[doc = include_str!("../docs/deployment.md")]
pub mod deployment {}

#[doc = include_str!("../docs/fleets.md")]
pub mod fleets {}

#[doc = include_str!("../docs/native_histograms.md")]
pub mod native_histograms {}

#[doc = include_str!("../docs/opentelemetry.md")]
pub mod opentelemetry {}

#[doc = include_str!("../docs/from_python.md")]
pub mod from_python {}

#[doc = include_str!("../docs/from_actix_web_prom.md")]
pub mod from_actix_web_prom {}
