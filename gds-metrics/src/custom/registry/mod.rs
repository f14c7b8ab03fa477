//! What is registered, by whom, under which names.

mod names;

use std::{
    collections::HashSet,
    fmt,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use prometheus_client::registry::Registry;

use self::names::{Names, Owner};
use super::{
    compat::{self, Problem},
    schema::MetricDef,
    set::{GdsMetricSet, Pending, SetBuilder},
};
use crate::{
    error::{EncodeError, RegisterError},
    exposition::{Exposition, Header, MetricKind},
};

/// The custom metrics of one `GdsMetrics`.
///
/// The lock of what is registered is never held while encoding, so that a scrape cannot hold up a
/// registration.
pub(crate) struct MetricRegistry {
    own: RwLock<Own>,
    /// What `register_with` hands out. Its names are not known before it is encoded.
    foreign: Mutex<Registry>,
    foreign_used: AtomicBool,
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
            foreign: Mutex::default(),
            foreign_used: AtomicBool::new(false),
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

    /// Lends the prometheus-client registry.
    pub(crate) fn register_with<R>(&self, f: impl FnOnce(&mut Registry) -> R) -> R {
        self.foreign_used.store(true, Ordering::Release);
        f(&mut self.foreign.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether nothing has been registered.
    pub(crate) fn is_empty(&self) -> bool {
        self.families().is_empty() && !self.is_lent()
    }

    /// Whether `register_with` has been used: what is written, and how long that takes, is others' code.
    pub(crate) fn is_lent(&self) -> bool {
        self.foreign_used.load(Ordering::Acquire)
    }

    /// Writes all families: those of the sets in the order of registration, then the others.
    pub(crate) fn encode(&self, exposition: &mut Exposition<'_>) -> Result<(), EncodeError> {
        for family in &*self.families() {
            let header = Header {
                name: &family.name,
                kind: family.def.kind,
                unit: family.def.unit,
                help: family.def.help,
            };
            compat::encode_family(exposition, &family.registry, &header, &mut |problem| {
                self.warn(&problem, Some(&family.def));
            })
            .map_err(|fmt::Error| EncodeError::Family {
                family: family.name.clone(),
            })?;
        }
        if self.is_lent() {
            self.encode_foreign(exposition)?;
        }
        Ok(())
    }

    fn encode_foreign(&self, exposition: &mut Exposition<'_>) -> Result<(), EncodeError> {
        let registry = self.foreign.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seen = Names::default();
        compat::encode_all(
            exposition,
            &registry,
            &mut |family| {
                let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
                let taken = own
                    .names
                    .owner(&family.name, family.kind)
                    .or_else(|| seen.owner(&family.name, family.kind));
                if let Some((name, owner)) = taken {
                    let owner = owner.to_string();
                    self.warn_once(&family.name, || {
                        format!(
                            "the metric family `{}`, registered through `register_with`, is left out \
                             of the exposition: `{name}` is taken by {owner}; rename it",
                            family.name
                        )
                    });
                    return false;
                }
                seen.insert(&family.name, family.kind, Owner::Foreign);
                true
            },
            &mut |problem| self.warn(&problem, None),
        )
        .map_err(|family| EncodeError::Family { family })
    }

    fn families(&self) -> Arc<Vec<Arc<OwnFamily>>> {
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&own.families)
    }

    fn warn(&self, problem: &Problem<'_>, def: Option<&MetricDef>) {
        let defined = def.map(|def| format!(" of {def}")).unwrap_or_default();
        match problem {
            Problem::Name(name) => self.warn_once(name, || {
                format!(
                    "the metric family `{}` is left out of the exposition: letters, digits and `_` \
                     make a name, and no digit comes first",
                    name.escape_debug()
                )
            }),
            Problem::Labels { family, line } => self.warn_once(family, || {
                format!(
                    "a series of the metric family `{family}`{defined} is left out of the exposition: \
                     one of its labels comes twice or has no valid name, or it is not written to its \
                     end: {}",
                    line.escape_debug()
                )
            }),
        }
    }

    fn warn_once(&self, subject: &str, message: impl FnOnce() -> String) {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.insert(subject.to_owned()) {
            log::warn!("{}", message());
        }
    }
}

impl fmt::Debug for MetricRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.families().iter().map(|f| f.name.clone()).collect();
        f.debug_struct("MetricRegistry")
            .field("families", &names)
            .field("foreign", &self.foreign_used)
            .finish_non_exhaustive()
    }
}
