//! Names for prometheus-client's counters and gauges of floats.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::{counter::Counter, gauge::Gauge};

/// A [`Counter`] of floats, such as seconds of work or meters driven.
///
/// ```
/// use gds_metrics::FloatCounter;
///
/// let busy_seconds = FloatCounter::default();
/// busy_seconds.inc_by(0.25);
/// assert_eq!(busy_seconds.get(), 0.25);
/// ```
pub type FloatCounter = Counter<f64, AtomicU64>;

/// A [`Gauge`] of floats, such as ratios from 0 to 1, temperatures or loads.
///
/// `Gauge` itself holds an `i64`. For a `u64`, write `Gauge<u64, AtomicU64>`.
///
/// ```
/// use gds_metrics::FloatGauge;
///
/// let cache_hit_ratio = FloatGauge::default();
/// cache_hit_ratio.set(0.9);
/// assert_eq!(cache_hit_ratio.get(), 0.9);
/// ```
pub type FloatGauge = Gauge<f64, AtomicU64>;
