//! What is registered, by whom, under which names.

mod names;

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use prometheus_client::registry::Registry;

use self::names::{Names, Owner};
use super::{
    compat::{self, Descriptor, Problem, Problems},
    schema::MetricDef,
    set::{GdsMetricSet, Pending, SetBuilder},
};
use crate::{
    error::{EncodeError, RegisterError},
    exposition::{Header, MetricKind, Writer},
};

/// The custom metrics of one `GdsMetrics`.
///
/// The lock of what is registered is never held while encoding, so that a scrape cannot hold up a
/// registration.
pub(crate) struct MetricRegistry {
    own: RwLock<Own>,
    /// What the calls of `register_with` have filled, one each. Their names are not known before they
    /// are encoded.
    lent: RwLock<Arc<Vec<Arc<Registry>>>>,
    /// What has been warned about.
    warned: Mutex<HashSet<String>>,
}

struct Own {
    names: Names,
    families: Arc<Vec<Arc<OwnFamily>>>,
}

/// A family of a metric set.
struct OwnFamily {
    def: MetricDef,
    name: String,
    registry: Registry,
}

/// After so many subjects, nothing more is warned of.
const MAX_WARNINGS: usize = 100;

/// What Prometheus writes of each target, in place of the target's own series of that name, and of
/// alerts. See <https://prometheus.io/docs/concepts/jobs_instances/>.
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
    /// `reserved`: the families of the crate itself, without `_total`.
    pub(crate) fn new(reserved: &[(&'static str, MetricKind)]) -> Self {
        let mut names = Names::default();
        for (name, kind) in reserved {
            names.insert(name, *kind, Owner::Crate);
        }
        for name in PROMETHEUS {
            names.insert(name, MetricKind::Gauge, Owner::Prometheus);
        }
        Self {
            own: RwLock::new(Own {
                names,
                families: Arc::default(),
            }),
            lent: RwLock::default(),
            warned: Mutex::default(),
        }
    }

    /// Makes the metrics of `T` and registers all of them, or none.
    pub(crate) fn register<T: GdsMetricSet>(&self) -> Result<T, RegisterError> {
        const { T::CHECKED };
        let mut builder = SetBuilder::default();
        let set = T::build(&mut builder);
        self.add(builder.pending)?;
        Ok(set)
    }

    fn add(&self, pending: Vec<Pending>) -> Result<(), RegisterError> {
        let mut own = self.own.write().unwrap_or_else(PoisonError::into_inner);
        // The constants have seen to duplicates within the set, but for a set of thousands.
        let mut within = Names::default();
        for metric in &pending {
            own.names.check(metric)?;
            within.check(metric)?;
            within.insert(&metric.name, metric.def.kind, Owner::Set(metric.def));
        }
        for metric in &pending {
            own.names
                .insert(&metric.name, metric.def.kind, Owner::Set(metric.def));
        }
        let families = Arc::make_mut(&mut own.families);
        families.extend(pending.into_iter().map(|metric| {
            Arc::new(OwnFamily {
                def: metric.def,
                name: metric.name,
                registry: metric.registry,
            })
        }));
        Ok(())
    }

    /// Lends a prometheus-client registry, which is exposed once `fill` returns.
    pub(crate) fn register_with<R>(&self, fill: impl FnOnce(&mut Registry) -> R) -> R {
        // A registry for each call: `fill` runs without a lock, and so does whatever is encoded.
        let mut registry = Registry::default();
        let result = fill(&mut registry);
        let mut lent = self.lent.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut lent).push(Arc::new(registry));
        result
    }

    /// Whether nothing has been registered.
    pub(crate) fn is_empty(&self) -> bool {
        self.families().is_empty() && !self.is_lent()
    }

    /// Whether `register_with` has been used: what is written, and how long that takes, is others' code.
    pub(crate) fn is_lent(&self) -> bool {
        !self.lent().is_empty()
    }

    /// Writes all families: those of the sets in the order of registration, then the others.
    pub(crate) fn write(&self, writer: &mut dyn Writer) -> Result<(), EncodeError> {
        for family in &*self.families() {
            let header = Header {
                name: &family.name,
                kind: family.def.kind,
                unit: family.def.unit,
                help: family.def.help,
            };
            let mut problems = Problems::default();
            let written = compat::write_family(writer, &family.registry, &header, &mut problems);
            self.warn_of(problems, Some(&family.def));
            written.map_err(|fmt::Error| EncodeError::Family {
                family: family.name.clone(),
            })?;
        }
        self.write_lent(writer)
    }

    fn write_lent(&self, writer: &mut dyn Writer) -> Result<(), EncodeError> {
        let mut seen = Names::default();
        for registry in &*self.lent() {
            let mut problems = Problems::default();
            let mut admit = |family: &Descriptor| self.admit(family, &mut seen);
            let written = compat::write(writer, registry, &mut admit, &mut problems);
            self.warn_of(problems, None);
            written.map_err(|family| EncodeError::Family { family })?;
        }
        Ok(())
    }

    /// Lets a family of `register_with` in, unless a name that it owns is taken: by whom.
    fn admit(&self, family: &Descriptor, seen: &mut Names) -> Result<(), String> {
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
        let taken = own
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

    fn lent(&self) -> Arc<Vec<Arc<Registry>>> {
        let lent = self.lent.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&lent)
    }

    fn families(&self) -> Arc<Vec<Arc<OwnFamily>>> {
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&own.families)
    }

    fn warn_of(&self, problems: Problems, def: Option<&MetricDef>) {
        let defined = def.map(|def| format!(" of {def}")).unwrap_or_default();
        for (family, problem) in problems {
            self.warn_once(&family, || match problem {
                Problem::Name(name) => format!(
                    "the metric family `{}` is left out of the exposition: letters, digits and `_` \
                     make a name, and no digit comes first",
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
                    "a series of the metric family `{family}`{defined} is left out of the exposition: \
                     one of its labels comes twice or has no valid name, or it is not written to its \
                     end: {}",
                    line.escape_debug()
                ),
            });
        }
    }

    /// Logs a warning about a subject, once for each.
    fn warn_once(&self, subject: &str, message: impl FnOnce() -> String) {
        let is_new = {
            let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
            // Collectors can make up names without end.
            warned.len() < MAX_WARNINGS && warned.insert(subject.to_owned())
        };
        // Not while the lock is held: a logger may ask for metrics.
        if is_new {
            log::warn!("{}", message());
        }
    }
}

impl fmt::Debug for MetricRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.families().iter().map(|f| f.name.clone()).collect();
        f.debug_struct("MetricRegistry")
            .field("families", &names)
            .field("lent", &self.lent().len())
            .finish_non_exhaustive()
    }
}
