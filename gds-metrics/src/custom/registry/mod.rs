//! The registry of metrics and their names.

#[cfg(feature = "monitoring")]
mod definition;
mod families;
mod headed;
mod names;

use std::{
    collections::HashSet,
    fmt, mem,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use prometheus_client::registry::Registry;

#[cfg(feature = "monitoring")]
pub(crate) use self::definition::Definition;
pub(crate) use self::families::FOLDED_SERIES;
use self::{
    families::Families,
    names::{Names, Owner},
};
use super::{
    compat::{self, Descriptor, Problem, Problems},
    label_text::is_label_name,
    labels::flat_names,
    set::{ConstantLabel, GdsMetricSet, Pending, SetBuilder},
};
use crate::{
    error::{EncodeError, RegisterError},
    exposition::{Cost, MetricKind, Writer},
};

/// The custom metrics of one `GdsMetrics`.
///
/// No lock is held during writing, or while the application's code runs.
pub(crate) struct MetricRegistry {
    own: RwLock<Arc<Families>>,
    /// One registry for each call of `register_with`. Their names are known only when they are encoded.
    registries: RwLock<Arc<Vec<Arc<Registry>>>>,
    /// Whether every histogram also has native buckets.
    native: bool,
    /// The subjects that already had a warning.
    warned: Mutex<HashSet<String>>,
}

/// The limit of warnings.
const MAX_WARNINGS: usize = 100;

/// The names that Prometheus itself writes for each target and for alerts. It drops a target's own series of
/// these names. See <https://prometheus.io/docs/concepts/jobs_instances/>.
const PROMETHEUS: [&str; 10] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
    "scrape_timeout_seconds",
    "scrape_sample_limit",
    "scrape_body_size_bytes",
    "ALERTS",
    "ALERTS_FOR_STATE",
];

impl MetricRegistry {
    /// `reserved` are the families of this crate, without `_total`. `native`: whether every histogram also has
    /// native buckets.
    pub(crate) fn new(reserved: &[(&'static str, MetricKind)], native: bool) -> Self {
        let mut names = Names::default();
        for (name, kind) in reserved {
            names.insert(name, *kind, Owner::Crate);
        }
        for name in PROMETHEUS {
            names.insert(name, MetricKind::Gauge, Owner::Prometheus);
        }
        Self {
            own: RwLock::new(Arc::new(Families::new(names))),
            registries: RwLock::default(),
            native,
            warned: Mutex::default(),
        }
    }

    /// Creates the metrics of `T` and registers all of them, or none.
    pub(crate) fn register<T: GdsMetricSet>(&self) -> Result<T, RegisterError> {
        self.register_labelled(Vec::new())
    }

    /// Does the same, with additional labels for every series.
    pub(crate) fn register_labelled<T: GdsMetricSet>(
        &self,
        labels: Vec<ConstantLabel>,
    ) -> Result<T, RegisterError> {
        const { T::CHECKED };
        let given = labels.clone();
        let mut builder = SetBuilder::new(labels, self.native);
        let set = T::build(&mut builder);
        for metric in &builder.pending {
            check_labels(&given, metric)?;
        }
        self.add(builder.pending)?;
        Ok(set)
    }

    fn add(&self, pending: Vec<Pending>) -> Result<(), RegisterError> {
        let mut own = self.own.write().unwrap_or_else(PoisonError::into_inner);
        let mut families = Families::clone(&own);
        for metric in pending {
            families.add(metric)?;
        }
        let before = mem::replace(&mut *own, Arc::new(families));
        drop(own);
        drop(before);
        Ok(())
    }

    /// Calls `fill` with a prometheus-client registry, which is exposed once `fill` returns.
    pub(crate) fn register_with<R>(&self, fill: impl FnOnce(&mut Registry) -> R) -> R {
        // A registry for each call, so that `fill` and encoding run without a lock.
        let mut registry = Registry::default();
        let result = fill(&mut registry);
        let mut registries = self
            .registries
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut registries).push(Arc::new(registry));
        result
    }

    /// The cost of writing all families. prometheus-client's families run the application's encoders, under locks
    /// that the application may hold.
    pub(crate) fn cost(&self) -> Cost {
        /// The approximate bytes of a sample with short labels.
        const LINE: usize = 128;
        let own = self.own();
        if !self.registries().is_empty() || own.are_foreign() {
            Cost::Foreign
        } else {
            let lines = own.samples().saturating_mul(LINE);
            Cost::Bytes(lines.saturating_add(own.label_bytes()))
        }
    }

    /// Writes all families: first those of sets in the order of registration, then the others.
    pub(crate) fn write(&self, writer: &mut dyn Writer) -> Result<(), EncodeError> {
        self.own().write(writer);
        self.write_registries(writer)
    }

    /// The families of the sets, in the order of registration.
    #[cfg(feature = "monitoring")]
    pub(crate) fn definitions(&self) -> Vec<Definition> {
        self.own().definitions()
    }

    fn write_registries(&self, writer: &mut dyn Writer) -> Result<(), EncodeError> {
        let mut seen = Names::default();
        for registry in &*self.registries() {
            let mut problems = Problems::default();
            let mut admit = |family: &Descriptor| self.admit(family, &mut seen);
            let written = compat::write(writer, registry, &mut admit, &mut problems);
            self.warn_of(problems);
            written.map_err(|family| EncodeError::Family { family })?;
        }
        Ok(())
    }

    /// Accepts a family of `register_with`. If one of its names is taken, the error names the owner.
    fn admit(&self, family: &Descriptor, seen: &mut Names) -> Result<(), String> {
        let taken = self
            .own()
            .names
            .owner(&family.name, family.kind)
            .or_else(|| seen.owner(&family.name, family.kind));
        match taken {
            Some((name, owner)) => Err(format!("`{name}` is taken by {owner}")),
            None => {
                seen.insert(&family.name, family.kind, Owner::Foreign);
                Ok(())
            }
        }
    }

    fn registries(&self) -> Arc<Vec<Arc<Registry>>> {
        let registries = self
            .registries
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&registries)
    }

    fn own(&self) -> Arc<Families> {
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&own)
    }

    fn warn_of(&self, problems: Problems) {
        for (family, problem) in problems {
            self.warn_once(&family, || match problem {
                Problem::Name(name) => format!(
                    "the metric family `{}` is left out of the exposition: its name is not valid; use only \
                     ASCII letters, digits and `_`, and no digit first",
                    name.escape_debug()
                ),
                Problem::Header(name) => format!(
                    "the metric family `{}` is left out of the exposition: a line break in its name \
                     or its help looks like a header; remove the line break",
                    name.escape_debug()
                ),
                Problem::Taken { family, why } => format!(
                    "the metric family `{family}`, registered through `register_with`, is left out of \
                     the exposition: {why}; rename it"
                ),
                Problem::Line { family, line } => format!(
                    "a series of the metric family `{family}` is left out of the exposition: a label \
                     name is invalid or occurs twice, or the line is incomplete: {}",
                    line.escape_debug()
                ),
            });
        }
    }

    /// Logs one warning for each subject.
    fn warn_once(&self, subject: &str, message: impl FnOnce() -> String) {
        let is_new = {
            let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
            // A collector can produce an unlimited number of names.
            warned.len() < MAX_WARNINGS && warned.insert(subject.to_owned())
        };
        // After the lock is released, because a logger may use metrics.
        if is_new {
            log::warn!("{}", message());
        }
    }
}

impl fmt::Debug for MetricRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = self.own();
        let names: Vec<_> = own.names_of_families().collect();
        f.debug_struct("MetricRegistry")
            .field("families", &names)
            .field("registries", &self.registries().len())
            .finish_non_exhaustive()
    }
}

/// Checks that `metric` can have the labels given at registration.
fn check_labels(given: &[ConstantLabel], metric: &Pending) -> Result<(), RegisterError> {
    let own = metric.def.labels.and_then(flat_names).unwrap_or_default();
    for (i, (name, value)) in given.iter().enumerate() {
        let name = &**name;
        let names = metric.constant_labels.iter().map(|(name, _)| &**name);
        let problem = if !is_label_name(name) {
            "a label name has only ASCII letters, digits and `_`, does not begin with a digit, and does \
             not begin with two underscores, which Prometheus reserves; name it differently"
        } else if value.is_empty() {
            "Prometheus treats a label without text as missing; give it a value"
        } else if matches!(name, "job" | "instance") {
            "Prometheus has its own label of this name and renames yours; name it differently"
        } else if metric.def.kind.own_label() == Some(name) {
            "metrics of this kind have their own label of this name; name it differently"
        } else if given.iter().take(i).any(|(other, _)| other == name)
            || names.skip(given.len()).any(|other| other == name)
            || own.contains(&name)
            || metric.def.kind == MetricKind::StateSet && *name == metric.name
        {
            "the metric already has a label of this name; name it differently"
        } else {
            continue;
        };
        return Err(RegisterError::Label {
            name: name.to_owned(),
            definition: metric.def.to_string(),
            problem,
        });
    }
    Ok(())
}
