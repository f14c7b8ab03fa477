//! What is known about label types besides their encoding: their names and their values.

use std::hash::Hash;

use prometheus_client::encoding::{
    EncodeLabelKey, EncodeLabelSet, EncodeLabelValue, LabelSetEncoder, LabelValueEncoder,
};

/// A label value type whose values are all known.
///
/// `#[derive(EncodeLabelValue)]` implements this trait for an enum whose variants hold nothing, or hold values of such
/// types. [`StateSet`](crate::StateSet), [`ClosedFamily`](crate::ClosedFamily) and `#[metric(zero)]` need it.
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
/// assert_eq!(Method::COUNT, 2);
/// assert_eq!(Method::Post.index(), 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "the values of `{Self}` are not all known",
    label = "its values are not all known",
    note = "use an enum with `#[derive(EncodeLabelValue)]`, or a `bool`"
)]
pub trait ClosedLabelValue: Sized {
    /// How many values there are. More than 10,000 do not compile.
    const COUNT: usize;

    /// Whether one of the values has no text, as the `None` of an `Option`.
    #[doc(hidden)]
    const HAS_EMPTY: bool = false;

    /// All values, in the order of their definition.
    fn all() -> Vec<Self>;

    /// The value's position in [`all`](Self::all), less than [`COUNT`](Self::COUNT).
    fn index(&self) -> usize;
}

impl ClosedLabelValue for bool {
    const COUNT: usize = 2;

    fn all() -> Vec<Self> {
        vec![false, true]
    }

    #[inline]
    fn index(&self) -> usize {
        usize::from(*self)
    }
}

impl<T: ClosedLabelValue> ClosedLabelValue for Option<T> {
    const COUNT: usize = sum(&[1, T::COUNT]);
    const HAS_EMPTY: bool = true;

    fn all() -> Vec<Self> {
        let mut all = vec![None];
        all.extend(T::all().into_iter().map(Some));
        all
    }

    #[inline]
    fn index(&self) -> usize {
        self.as_ref().map_or(0, |value| 1 + value.index())
    }
}

/// A label set whose values are all known. [`ClosedFamily`](crate::ClosedFamily) and `#[metric(zero)]` create all of its
/// series in advance.
///
/// `#[derive(EncodeLabelSet)]` implements this trait for a struct whose fields are all [`ClosedLabelValue`]s. Each
/// combination is a series, so keep the number of combinations small.
#[diagnostic::on_unimplemented(
    message = "the label values of `{Self}` are not all known, so its series cannot be created in advance",
    label = "its label values are not all known",
    note = "use a label set made of enums (`#[derive(EncodeLabelValue)]`) and `bool`s, or a `Family` without `zero`"
)]
pub trait ClosedLabelSet: Sized {
    /// How many combinations there are. More than 10,000 do not compile.
    const COUNT: usize;

    /// All combinations: the last field's values change first.
    fn all() -> Vec<Self>;

    /// The combination's position in [`all`](Self::all), less than [`COUNT`](Self::COUNT).
    fn index(&self) -> usize;
}

/// What a [`ClosedFamily`](crate::ClosedFamily) and `zero` need from a label set in a metric set. One trait, so
/// that anything that is missing causes one error, about the label set.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the label set of a `ClosedFamily`, or of a `Family` with `zero`",
    label = "not a closed label set",
    note = "a closed label set is a struct with all of `#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]` whose fields are `bool`s and enums with `#[derive(EncodeLabelValue)]`",
    note = "an enum is the value of one label: write a struct with a field of its type",
    note = "for other labels, such as a `String`, write `Family` instead of `ClosedFamily`, or remove `zero`"
)]
pub trait ClosedFamilyLabels: ClosedLabelSet + FamilyLabels {}

#[diagnostic::do_not_recommend]
impl<L: ClosedLabelSet + FamilyLabels> ClosedFamilyLabels for L {}

/// The limit for closed types: each value is a series.
const MAX_COUNT: usize = 10_000;

/// The number of values of an enum: the sum over its variants.
#[doc(hidden)]
#[must_use]
#[track_caller]
pub const fn sum(mut counts: &[usize]) -> usize {
    let mut sum: usize = 0;
    while let [count, tail @ ..] = counts {
        sum = sum.saturating_add(*count);
        counts = tail;
    }
    capped(sum)
}

/// The number of combinations of a label set.
#[doc(hidden)]
#[must_use]
#[track_caller]
pub const fn product(mut counts: &[usize]) -> usize {
    let mut product: usize = 1;
    while let [count, tail @ ..] = counts {
        product = product.saturating_mul(*count);
        counts = tail;
    }
    capped(product)
}

/// Returns `count`. Panics if it is above the limit.
#[track_caller]
pub(crate) const fn capped(count: usize) -> usize {
    assert!(
        count <= MAX_COUNT,
        "these labels have more than 10,000 combinations, and each would be a series: use a `Family` \
         without `zero`, or labels with fewer values"
    );
    count
}

/// The index of element `next` of group `index`, where each group has `count` elements.
#[doc(hidden)]
#[inline]
#[must_use]
pub const fn nested_index(index: usize, count: usize, next: usize) -> usize {
    index * count + next
}

/// The traits that a [`Family`](crate::Family), a [`ClosedFamily`](crate::ClosedFamily) or an
/// [`Info`](crate::Info) needs from its label set.
///
/// Implemented for every type that has these traits: derive `Clone, Debug, PartialEq, Eq, Hash` and
/// [`EncodeLabelSet`](derive@crate::EncodeLabelSet).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a label set",
    label = "not a label set",
    note = "a label set is a struct with `#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]`, each field of which is a label (an enum or a `String` is the value of one)",
    note = "it owns its values: a `String` or a `&'static str`, not a `&str` that is borrowed"
)]
pub trait FamilyLabels:
    EncodeLabelSet + Clone + Eq + Hash + std::fmt::Debug + Send + Sync + 'static
{
}

#[diagnostic::do_not_recommend]
impl<L: EncodeLabelSet + Clone + Eq + Hash + std::fmt::Debug + Send + Sync + 'static> FamilyLabels
    for L
{
}

/// A label set whose label names are part of its type: the bound for generic code.
///
/// Implemented for every type with the required traits: derive `Clone, Debug, PartialEq, Eq, Hash` and
/// [`EncodeLabelSet`](derive@crate::EncodeLabelSet).
///
/// ```
/// use gds_metrics::{Counter, Family, GdsMetricSet, GdsMetrics, LabelSet, RegisterError};
///
/// #[derive(Clone, Debug, GdsMetricSet)]
/// struct Retries<L: LabelSet> {
///     /// Calls that were tried again.
///     retries: Family<L, Counter>,
/// }
///
/// fn register<L: LabelSet>(metrics: &GdsMetrics) -> Result<Retries<L>, RegisterError> {
///     metrics.register()
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the label set of a generic metric set",
    label = "not a label set, or the names of its labels are not known",
    note = "a label set is a struct with `#[derive(Clone, Debug, PartialEq, Eq, Hash, gds_metrics::EncodeLabelSet)]`, each field of which is a label (an enum or a `String` is the value of one)",
    note = "a label set whose encoder is written by hand, or derived by prometheus-client, also needs an empty `impl gds_metrics::NamedLabels`"
)]
pub trait LabelSet: FamilyLabels + NamedLabels {}

#[diagnostic::do_not_recommend]
impl<L: FamilyLabels + NamedLabels> LabelSet for L {}

/// A label of a label set.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Label {
    Name(&'static str),
    /// A flattened set; `None` if its names are not known.
    Set(Names),
}

/// The labels of a label set; `None` if they are not known.
pub(crate) type Names = Option<&'static [Label]>;

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

/// The names of a label set's labels, as far as its type knows them.
///
/// [`#[derive(EncodeLabelSet)]`](derive@crate::EncodeLabelSet) implements this trait. A generic metric set, such as
/// `struct Retries<L> { retries: Family<L, Counter> }`, needs the trait, so that its [`schema`](crate::schema) lists
/// the labels, and so that a label that would occur twice does not compile.
///
/// For a label set with an encoder written by hand or derived by prometheus-client, an empty implementation
/// is enough. The names are then unknown: [`MetricSchema::labels`](crate::schema::MetricSchema::labels)
/// returns `None`.
///
/// ```
/// use gds_metrics::{
///     Counter, EncodeLabelSet, Family, GdsMetricSet, GdsMetrics, NamedLabels,
///     prometheus_client::encoding::LabelSetEncoder,
/// };
///
/// #[derive(Clone, Debug, PartialEq, Eq, Hash)]
/// struct Shard(u8);
///
/// impl EncodeLabelSet for Shard {
///     fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> std::fmt::Result {
///         [("shard", self.0)].encode(encoder)
///     }
/// }
///
/// impl NamedLabels for Shard {}
///
/// #[derive(Clone, Debug, GdsMetricSet)]
/// struct Retries<L> {
///     /// Calls that were tried again.
///     retries: Family<L, Counter>,
/// }
///
/// let metrics = GdsMetrics::builder().build()?;
/// let calls: Retries<Shard> = metrics.register()?;
/// calls.retries.get_or_create(&Shard(7)).inc();
/// assert_eq!(metrics.sample("retries_total", &[("shard", "7")]), Some(1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "the names of the labels of `{Self}` are not known, and a generic metric set needs them",
    label = "the names of its labels are not known",
    note = "use `#[derive(gds_metrics::EncodeLabelSet)]` for the label set, or write `impl gds_metrics::NamedLabels for {Self} {{}}`"
)]
pub trait NamedLabels {
    /// `None`: not known.
    #[doc(hidden)]
    const NAMES: Names = None;
}

// What prometheus-client implements `EncodeLabelSet` for. Their names are values.
impl<T> NamedLabels for Vec<T> {}
impl<T> NamedLabels for &[T] {}
impl<T, const N: usize> NamedLabels for [T; N] {}

impl<A: NamedLabels, B: NamedLabels> NamedLabels for (A, B) {
    const NAMES: Names = Some(&[Label::Set(A::NAMES), Label::Set(B::NAMES)]);
}

/// `Probe::<L>::NAMES` is what [`NamedLabels`] says if `L` implements it. Otherwise it is [`Unknown`]'s `None`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Probe<L>(std::marker::PhantomData<L>);

impl<L: NamedLabels> Probe<L> {
    pub const NAMES: Names = L::NAMES;
}

/// The fallback of [`Probe`]: an inherent constant takes precedence over a trait's.
#[doc(hidden)]
pub trait Unknown {
    const NAMES: Names = None;
}

impl<L> Unknown for Probe<L> {}

/// A label set in a field of a derived label set. It exists for its message.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a label set, so its labels cannot be flattened",
    label = "not a label set",
    note = "write `#[derive(EncodeLabelSet)]` on the type, or remove `flatten` if the field is one label"
)]
pub trait InnerLabels {
    fn encode_labels(&self, encoder: &mut LabelSetEncoder<'_>) -> std::fmt::Result;
}

#[diagnostic::do_not_recommend]
impl<L: EncodeLabelSet> InnerLabels for L {
    fn encode_labels(&self, encoder: &mut LabelSetEncoder<'_>) -> std::fmt::Result {
        self.encode(encoder)
    }
}

/// The value of a label in a derived label set. It exists for its message.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a label",
    label = "not a label value",
    note = "on an enum, or a struct around one value, write `#[derive(EncodeLabelValue)]`",
    note = "on a field of another type that implements `Display`, write `#[metric(display)]`",
    note = "on a field that is another label set, write `#[metric(flatten)]`"
)]
pub trait LabelValue {
    /// Encodes one label of a derived label set.
    fn encode_label(&self, encoder: &mut LabelSetEncoder<'_>, name: &str) -> std::fmt::Result;

    /// Encodes what a derived label value holds.
    fn encode_held(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result;
}

#[diagnostic::do_not_recommend]
impl<V: EncodeLabelValue> LabelValue for V {
    fn encode_label(&self, encoder: &mut LabelSetEncoder<'_>, name: &str) -> std::fmt::Result {
        encode(encoder, name, |text| self.encode(text))
    }

    fn encode_held(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
        self.encode(encoder)
    }
}

pub(super) fn encode(
    encoder: &mut LabelSetEncoder<'_>,
    name: &str,
    value: impl FnOnce(&mut LabelValueEncoder<'_>) -> std::fmt::Result,
) -> std::fmt::Result {
    let mut label = encoder.encode_label();
    let mut key = label.encode_label_key()?;
    EncodeLabelKey::encode(&name, &mut key)?;
    let mut text = key.encode_label_value()?;
    value(&mut text)?;
    text.finish()
}
