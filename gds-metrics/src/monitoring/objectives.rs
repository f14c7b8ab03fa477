//! Objectives: the share of requests that must be good, and the definition of a good request.

use super::error::MonitoringError;

/// The smallest share of bad requests that an objective can allow.
const MIN_BUDGET: f64 = 1e-9;

/// An objective of a service, or of one of its routes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Objective {
    pub(super) route: Option<String>,
    /// The share of requests that must be good.
    pub(super) share: f64,
    /// The time limit of a good request, in seconds. `None`: every request that does not fail is good.
    pub(super) within: Option<f64>,
}

impl Objective {
    /// The value of the label `slo`.
    pub(super) fn name(&self) -> &'static str {
        match self.within {
            Some(_) => "latency",
            None => "availability",
        }
    }

    /// The allowed share of bad requests, as text.
    pub(super) fn budget(&self) -> String {
        // Rounded, because 1 - 0.999 has seventeen digits.
        let text = format!("{:.9}", 1.0 - self.share);
        text.trim_end_matches('0').to_owned()
    }

    fn setting(&self) -> &'static str {
        match (self.within, &self.route) {
            (Some(_), _) => "`.latency(…)`",
            (None, Some(_)) => "`.route_availability(…)`",
            (None, None) => "`.availability(…)`",
        }
    }

    fn check(&self, bounds: &[f64], native: bool) -> Result<(), MonitoringError> {
        let setting = self.setting();
        // No range contains NaN.
        if !(self.share > 0.0 && 1.0 - self.share >= MIN_BUDGET) {
            let value = self.share;
            return Err(MonitoringError::Share { setting, value });
        }
        if let Some(route) = &self.route
            && !route.starts_with('/')
        {
            let value = route.clone();
            return Err(MonitoringError::Route { setting, value });
        }
        let Some(seconds) = self.within else {
            return Ok(());
        };
        let route = self.route.clone().unwrap_or_default();
        if native {
            return Err(MonitoringError::NativeLatency { route });
        }
        // Bounds are compared by their exact bits, because their text must be the same.
        if bounds.iter().any(|bound| bound.total_cmp(&seconds).is_eq()) {
            Ok(())
        } else {
            let bounds = bounds.to_vec();
            Err(MonitoringError::Bound {
                route,
                seconds,
                bounds,
            })
        }
    }
}

/// Checks objectives against the bounds of the duration histogram.
pub(super) fn check(
    objectives: &[Objective],
    bounds: &[f64],
    native: bool,
) -> Result<(), MonitoringError> {
    for (at, objective) in objectives.iter().enumerate() {
        objective.check(bounds, native)?;
        let same = |other: &Objective| {
            (other.name(), &other.route) == (objective.name(), &objective.route)
        };
        if objectives.iter().take(at).any(same) {
            return Err(MonitoringError::Twice {
                setting: objective.setting(),
                route: objective.route.clone().unwrap_or_default(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_1_minus_the_share() {
        for (share, budget) in [
            (0.999, "0.001"),
            (0.9995, "0.0005"),
            (0.9, "0.1"),
            (0.25, "0.75"),
        ] {
            let objective = Objective {
                route: None,
                share,
                within: None,
            };
            assert_eq!(objective.budget(), budget);
        }
    }
}
