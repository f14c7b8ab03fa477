//! Which of a few states holds.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use prometheus_client::{
    encoding::{EncodeLabelValue, EncodeMetric, MetricEncoder},
    metrics::{MetricType, TypedMetric},
};

use crate::custom::labels::ClosedLabelValue;

/// Which state of a few holds: one series a state, 1 for the one that holds and 0 for the others.
///
/// The states are the values of `E`, an enum with `#[derive(EncodeLabelValue)]`; the label's name is the
/// metric's. It begins in the first of them. A clone is the same state set.
///
/// ```
/// use gds_metrics::{EncodeLabelValue, StateSet};
///
/// #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
/// enum Mode {
///     Starting,
///     Serving,
/// }
///
/// let mode = StateSet::default();
/// assert_eq!(mode.get(), Mode::Starting);
/// mode.set(Mode::Serving);
/// assert_eq!(mode.get(), Mode::Serving);
/// ```
pub struct StateSet<E> {
    inner: Arc<Inner<E>>,
}

struct Inner<E> {
    states: Vec<E>,
    current: AtomicUsize,
}

impl<E: PartialEq> StateSet<E> {
    /// Enters `state` and leaves the one before.
    ///
    /// A state that [`ClosedLabelValue::all`] does not list, which a derived one cannot lack, is
    /// ignored.
    // By value, as the setter of a gauge.
    #[allow(clippy::needless_pass_by_value)]
    pub fn set(&self, state: E) {
        if let Some(at) = self.inner.states.iter().position(|s| *s == state) {
            self.inner.current.store(at, Ordering::Relaxed);
        }
    }
}

impl<E: Clone> StateSet<E> {
    /// The state that holds.
    #[must_use]
    #[allow(clippy::missing_panics_doc)]
    pub fn get(&self) -> E {
        self.inner
            .states
            .get(self.inner.current.load(Ordering::Relaxed))
            .expect("the index of a state, of which there is one at least")
            .clone()
    }
}

impl<E: ClosedLabelValue> Default for StateSet<E> {
    fn default() -> Self {
        Self {
            inner: Arc::new(Inner {
                states: E::all(),
                current: AtomicUsize::new(0),
            }),
        }
    }
}

impl<E> Clone for StateSet<E> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<E: fmt::Debug> fmt::Debug for StateSet<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let current = self.inner.current.load(Ordering::Relaxed);
        f.debug_tuple("StateSet")
            .field(&self.inner.states.get(current))
            .finish()
    }
}

/// A state set that knows its label's name, which is the metric's.
#[derive(Debug)]
pub(crate) struct Labelled<E> {
    pub(crate) label: String,
    pub(crate) states: StateSet<E>,
}

impl<E: EncodeLabelValue> EncodeMetric for Labelled<E> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        // Read once, so that exactly one state holds in a scrape.
        let current = self.states.inner.current.load(Ordering::Relaxed);
        for (at, state) in self.states.inner.states.iter().enumerate() {
            let label = [(self.label.as_str(), Value(state))];
            encoder
                .encode_family(&label)?
                .encode_gauge(&i64::from(at == current))?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Gauge
    }
}

impl<E> TypedMetric for Labelled<E> {
    const TYPE: MetricType = MetricType::Gauge;
}

struct Value<'a, E>(&'a E);

impl<E: EncodeLabelValue> EncodeLabelValue for Value<'_, E> {
    fn encode(
        &self,
        encoder: &mut prometheus_client::encoding::LabelValueEncoder<'_>,
    ) -> Result<(), std::fmt::Error> {
        self.0.encode(encoder)
    }
}
