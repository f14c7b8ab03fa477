//! What is known of label types beyond how they are encoded: their names, and all of their values.

use std::hash::Hash;

use prometheus_client::encoding::{
    EncodeLabelKey, EncodeLabelSet, EncodeLabelValue, LabelSetEncoder,
};

/// A label value type whose values are all known.
///
/// `#[derive(EncodeLabelValue)]` implements it for an enum whose variants carry nothing, or carry
/// values of such types. It is what [`StateSet`](crate::StateSet) and `#[metric(zero)]` need.
///
/// ```
/// use gds_metrics::{ClosedLabelValue, EncodeLabelValue};
///
/// #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
/// enum Method {
///     Get,
///     Post,
/// }
///
/// assert_eq!(Method::all(), [Method::Get, Method::Post]);
/// ```
#[diagnostic::on_unimplemented(
    message = "the values of `{Self}` are not all known",
    label = "its values are not all known",
    note = "`#[derive(EncodeLabelValue)]` on an enum makes them known"
)]
pub trait ClosedLabelValue: Sized {
    /// All values, in the order of their definition.
    fn all() -> Vec<Self>;
}

impl ClosedLabelValue for bool {
    fn all() -> Vec<Self> {
        vec![false, true]
    }
}

impl<T: ClosedLabelValue> ClosedLabelValue for Option<T> {
    fn all() -> Vec<Self> {
        let mut all = vec![None];
        all.extend(T::all().into_iter().map(Some));
        all
    }
}

/// A label set all of whose values are known: `#[metric(zero)]` can create its series in advance.
///
/// `#[derive(EncodeLabelSet)]` implements it for a struct all of whose fields are
/// [`ClosedLabelValue`]s. Every combination counts: keep the product small.
#[diagnostic::on_unimplemented(
    message = "the label values of `{Self}` are not all known, so `zero` cannot create its series",
    label = "its label values are not all known",
    note = "remove `zero`, or use a label set made of enums (`#[derive(EncodeLabelValue)]`) and `bool`s"
)]
pub trait ClosedLabelSet: Sized {
    /// All combinations.
    fn all() -> Vec<Self>;
}

/// What a [`Family`](crate::Family) of a metric set needs of its label set.
///
/// Implemented for every type that can be one: derive `Clone, Debug, PartialEq, Eq, Hash` and
/// [`EncodeLabelSet`](derive@crate::EncodeLabelSet).
pub trait LabelSet:
    EncodeLabelSet + Clone + Eq + Hash + std::fmt::Debug + Send + Sync + 'static
{
}

impl<L: EncodeLabelSet + Clone + Eq + Hash + std::fmt::Debug + Send + Sync + 'static> LabelSet
    for L
{
}

/// A label of a label set.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Label {
    Name(&'static str),
    /// A flattened set; `None` when it does not tell.
    Set(Option<&'static [Label]>),
}

/// The names, those of flattened sets included, if all of them are known.
pub(crate) fn flat_names(labels: &'static [Label]) -> Option<Vec<&'static str>> {
    fn collect(labels: &'static [Label], names: &mut Vec<&'static str>) -> Option<()> {
        for label in labels {
            match label {
                Label::Name(name) => names.push(name),
                Label::Set(labels) => collect((*labels)?, names)?,
            }
        }
        Some(())
    }
    let mut names = Vec::new();
    collect(labels, &mut names)?;
    Some(names)
}

/// A label set that tells its labels' names.
#[doc(hidden)]
pub trait LabelNames {
    const NAMES: &'static [Label];
}

/// `Probe::<L>::NAMES` is `Some` if `L` implements [`LabelNames`], else, by way of [`Unknown`], `None`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Probe<L>(std::marker::PhantomData<L>);

impl<L: LabelNames> Probe<L> {
    pub const NAMES: Option<&'static [Label]> = Some(L::NAMES);
}

/// The fallback of [`Probe`]. An inherent constant goes before a trait's.
#[doc(hidden)]
pub trait Unknown {
    const NAMES: Option<&'static [Label]> = None;
}

impl<L> Unknown for Probe<L> {}

/// Encodes one label of a derived label set.
#[doc(hidden)]
pub fn encode_label<V: EncodeLabelValue>(
    encoder: &mut LabelSetEncoder<'_>,
    name: &str,
    value: &V,
) -> std::fmt::Result {
    let mut label = encoder.encode_label();
    let mut key = label.encode_label_key()?;
    EncodeLabelKey::encode(&name, &mut key)?;
    let mut text = key.encode_label_value()?;
    EncodeLabelValue::encode(value, &mut text)?;
    text.finish()
}
