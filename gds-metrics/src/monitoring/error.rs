//! The errors of generating rules and dashboards.

use std::fmt;

/// The rules or the dashboard cannot be generated, because an objective or a name is invalid.
///
/// [`GdsMetrics::monitoring`](crate::GdsMetrics::monitoring) has an example of what returns it.
#[non_exhaustive]
pub enum MonitoringError {
    /// The share of an objective is not between 0 and 1.
    #[non_exhaustive]
    Share {
        /// The setter.
        setting: &'static str,
        /// The value that it was given.
        value: f64,
    },
    /// A route is not a valid pattern.
    #[non_exhaustive]
    Route {
        /// The setter.
        setting: &'static str,
        /// The value that it was given.
        value: String,
    },
    /// The duration of a latency objective is not a bound of the buckets.
    #[non_exhaustive]
    Bound {
        /// The route.
        route: String,
        /// The duration, in seconds.
        seconds: f64,
        /// The existing bounds.
        bounds: Vec<f64>,
    },
    /// Two objectives are for the same requests.
    #[non_exhaustive]
    Twice {
        /// The setter.
        setting: &'static str,
        /// The route.
        route: String,
    },
    /// A latency objective needs classic buckets.
    #[non_exhaustive]
    NativeLatency {
        /// The route.
        route: String,
    },
    /// The name of the job is empty.
    Job,
}

impl fmt::Display for MonitoringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share { setting, value } => write!(
                f,
                "{setting} has the share {value}: it should be more than 0 and less than 1, such as 0.999"
            ),
            Self::Route { setting, value } => write!(
                f,
                "{setting} has the route `{value}`: it should be a pattern as it was registered, such as \
                 `/users/{{id}}`, with the scopes around it"
            ),
            Self::Bound {
                route,
                seconds,
                bounds,
            } => write!(
                f,
                "`.latency(…)` of `{route}` has {seconds} s, which is not a bound of the buckets: it should \
                 be one of {bounds:?}; or add it with `.buckets(…)`"
            ),
            Self::Twice { setting, route } => write!(
                f,
                "{setting} is called twice for `{route}`: a route has one such objective"
            ),
            Self::NativeLatency { route } => write!(
                f,
                "`.latency(…)` of `{route}` needs classic buckets: leave out the objective or `.native(true)`"
            ),
            Self::Job => {
                f.write_str("`.job(…)` is empty: it should be the job's name in Prometheus")
            }
        }
    }
}

impl fmt::Debug for MonitoringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for MonitoringError {}
