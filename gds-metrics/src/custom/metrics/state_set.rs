//! One of a fixed set of states.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelSetEncoder};

use super::series::Label;
use crate::{
    custom::{
        label_render,
        labels::{ClosedLabelValue, LabelValue},
        metric::{Exposed, Metric, NamedMetric, NoLabels, Options, sealed},
    },
    exposition::{MetricKind, Number, Writer},
};

/// The current state out of a fixed set: one series for each state, 1 for the current one and 0 for the others.
///
/// The states are the values of `E`, an enum with `#[derive(EncodeLabelValue)]`. The label has the name of the
/// metric. Default: the first state. A clone is the same state set.
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
    /// Makes `state` the current state.
    ///
    /// A state that [`ClosedLabelValue::all`] does not list is ignored. The derive lists all states.
    // By value, like the setter of a gauge.
    #[allow(clippy::needless_pass_by_value)]
    pub fn set(&self, state: E) {
        if let Some(at) = self.inner.states.iter().position(|s| *s == state) {
            self.inner.current.store(at, Ordering::Relaxed);
        }
    }
}

impl<E: Clone> StateSet<E> {
    /// The current state.
    #[must_use]
    #[allow(clippy::missing_panics_doc)]
    pub fn get(&self) -> E {
        self.inner
            .states
            .get(self.inner.current.load(Ordering::Relaxed))
            .expect("the index of a state; there is at least one")
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

/// What a [`StateSet`] needs from its states in a metric set. One trait, so that anything that is missing causes
/// one error.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the state of a `StateSet`",
    label = "not a state",
    note = "a state is a `bool`, or an enum with `#[derive(Debug, EncodeLabelValue)]` whose values are all known"
)]
pub trait StateValue:
    EncodeLabelValue + ClosedLabelValue + fmt::Debug + Send + Sync + 'static
{
}

#[diagnostic::do_not_recommend]
impl<E: EncodeLabelValue + ClosedLabelValue + fmt::Debug + Send + Sync + 'static> StateValue for E {}

impl<E: StateValue> Metric for StateSet<E> {
    const KIND: MetricKind = MetricKind::StateSet;
}

impl<E: StateValue> NamedMetric for StateSet<E> {}

impl<E: StateValue> sealed::Metric for StateSet<E> {
    type Labels = NoLabels;

    const HAS_EMPTY_STATE: bool = E::HAS_EMPTY;

    fn make(_: &Options) -> Self {
        Self::default()
    }

    fn exposed(&self, options: &Options) -> Box<dyn Exposed> {
        let label = |at| {
            let state = State {
                label: Arc::clone(&options.name),
                states: self.clone(),
                at,
            };
            let own = label_render::render(&state).ok()?;
            Label::join(&options.constant_labels, own)
        };
        Box::new(Labelled::new(
            (0..self.inner.states.len()).map(label).collect(),
            self.clone(),
        ))
    }
}

/// A state set with the labels of its states, in their order.
#[derive(Debug)]
struct Labelled<E> {
    labels: Vec<Option<Label>>,
    /// For each state, the first state with the same label text. Only that one has a label.
    shown_as: Vec<usize>,
    states: StateSet<E>,
}

impl<E> Labelled<E> {
    fn new(mut labels: Vec<Option<Label>>, states: StateSet<E>) -> Self {
        let text = |label: &Option<Label>| label.as_ref().map(|label| label.text().to_owned());
        let texts: Vec<_> = labels.iter().map(text).collect();
        let first = |text| texts.iter().position(|other| other == text);
        let shown_as: Vec<_> = texts.iter().filter_map(first).collect();
        for (at, (label, first)) in labels.iter_mut().zip(&shown_as).enumerate() {
            if at != *first {
                *label = None;
            }
        }
        Self {
            labels,
            shown_as,
            states,
        }
    }
}

impl<E: fmt::Debug + Send + Sync> Exposed for Labelled<E> {
    fn write(&self, writer: &mut dyn Writer) {
        // Read once, so that a scrape has exactly one current state.
        let current = self.states.inner.current.load(Ordering::Relaxed);
        let current = self.shown_as.get(current).copied();
        for (at, label) in self.labels.iter().enumerate() {
            if let Some(label) = label {
                let holds = u64::from(Some(at) == current);
                writer.sample(label.text(), Number::Unsigned(holds), None);
            }
        }
    }

    fn samples(&self) -> usize {
        self.labels.len()
    }
}

/// One state as a label set: the label's name is the metric's.
#[derive(Debug)]
struct State<E> {
    label: Arc<str>,
    states: StateSet<E>,
    at: usize,
}

impl<E> Clone for State<E> {
    fn clone(&self) -> Self {
        Self {
            label: Arc::clone(&self.label),
            states: self.states.clone(),
            at: self.at,
        }
    }
}

impl<E: EncodeLabelValue + fmt::Debug + Send + Sync + 'static> EncodeLabelSet for State<E> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        match self.states.inner.states.get(self.at) {
            Some(state) => LabelValue::encode_label(state, encoder, &self.label),
            None => Ok(()),
        }
    }
}
