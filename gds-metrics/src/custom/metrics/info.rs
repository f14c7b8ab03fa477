//! Facts as labels, set after registration.

use std::{
    fmt, mem,
    sync::{Arc, PoisonError, RwLock},
};

use super::series::{Label, warn_of_renamed};
use crate::{
    custom::{
        label_render,
        labels::{FamilyLabels, LabelSet, Names},
        metric::{Exposed, Metric, NamedMetric, Options, sealed},
    },
    exposition::{MetricKind, Number, Writer},
};

/// Facts about the process, such as its version, as the labels of `<name>_info`, whose value is 1.
///
/// An info is exposed after [`set`](Self::set) is called. Each change of the facts begins a new series, so the facts
/// should rarely change while the process runs. A clone is the same info.
///
/// ```
/// use gds_metrics::{EncodeLabelSet, GdsMetricSet, Info};
///
/// #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
/// struct Build {
///     version: &'static str,
/// }
///
/// #[derive(Clone, Debug, GdsMetricSet)]
/// struct AppMetrics {
///     /// What this binary was built from.
///     build: Info<Build>, // build_info{version="1.2.3"} 1
/// }
///
/// # let metrics: AppMetrics = gds_metrics::GdsMetrics::builder().build()?.register()?;
/// metrics.build.set(Build { version: "1.2.3" });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Info<L> {
    inner: Arc<Inner<L>>,
}

struct Inner<L> {
    options: Options,
    facts: RwLock<Option<Facts<L>>>,
}

struct Facts<L> {
    labels: Arc<L>,
    /// `None` if they cannot be exposed.
    label: Option<Label>,
}

impl<L> Info<L> {
    fn new(options: Options) -> Self {
        Self {
            inner: Arc::new(Inner {
                options,
                facts: RwLock::new(None),
            }),
        }
    }

    /// Sets the facts, and replaces the previous ones.
    ///
    /// Facts cannot be exposed if their encoder fails, or if a label name is invalid or occurs twice. The exposition
    /// then omits the info, and a warning is logged.
    pub fn set(&self, labels: L)
    where
        L: FamilyLabels,
    {
        let Inner { options, facts } = &*self.inner;
        // This runs the application's code, so it comes before the lock.
        let label = label_render::render(&labels)
            .ok()
            .and_then(|own| Label::join(&options.constant_labels, own));
        match label.as_ref().map(Label::renamed_by_prometheus) {
            None => log::warn!(
                "the info `{}` is left out of the exposition: the encoder of its labels fails, or a label \
                 name is invalid or occurs twice",
                options.name
            ),
            Some(Some(label)) => warn_of_renamed(&options.name, label),
            Some(None) => {}
        }
        let new = Some(Facts {
            labels: Arc::new(labels),
            label,
        });
        let before = {
            let mut facts = facts.write().unwrap_or_else(PoisonError::into_inner);
            mem::replace(&mut *facts, new)
        };
        // Dropped after the lock is released, because `L` may run the application's code.
        drop(before);
    }

    /// The facts, if they are set.
    #[must_use]
    pub fn get(&self) -> Option<L>
    where
        L: Clone,
    {
        self.shared().map(|labels| (*labels).clone())
    }

    pub(crate) fn shared(&self) -> Option<Arc<L>> {
        let facts = self.inner.facts.read();
        let facts = facts.unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&facts.as_ref()?.labels))
    }
}

impl<L: FamilyLabels> Metric for Info<L> {
    const KIND: MetricKind = MetricKind::Info;
}

impl<L: LabelSet> NamedMetric for Info<L> {
    const NAMES: Names = L::NAMES;
}

impl<L: FamilyLabels> sealed::Metric for Info<L> {
    type Labels = L;

    fn make(options: &Options) -> Self {
        Self::new(options.clone())
    }

    fn exposed(&self, _: &Options) -> Box<dyn Exposed> {
        Box::new(self.clone())
    }
}

impl<L: FamilyLabels> Exposed for Info<L> {
    fn write(&self, writer: &mut dyn Writer) {
        let label = {
            let facts = self.inner.facts.read();
            let facts = facts.unwrap_or_else(PoisonError::into_inner);
            facts.as_ref().and_then(|facts| facts.label.clone())
        };
        if let Some(label) = label {
            writer.sample(label.text(), Number::Unsigned(1), None);
        }
    }

    fn samples(&self) -> usize {
        let facts = self.inner.facts.read();
        let facts = facts.unwrap_or_else(PoisonError::into_inner);
        usize::from(facts.as_ref().is_some_and(|facts| facts.label.is_some()))
    }
}

impl<L> Clone for Info<L> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<L> Default for Info<L> {
    fn default() -> Self {
        Self::new(Options::default())
    }
}

impl<L> fmt::Debug for Info<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the facts: printing them would run the application's code under the lock.
        f.debug_struct("Info")
            .field("name", &self.inner.options.name)
            .finish_non_exhaustive()
    }
}
