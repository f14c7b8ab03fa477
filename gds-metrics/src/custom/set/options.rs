//! Options that only some metric types take. The messages of the bounds say so.

use crate::custom::{
    labels::{ClosedFamilyLabels, FamilyLabels},
    metric::{FamilyMember, Metric},
    metrics::Family,
};

/// A metric that creates series on demand.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`max_series` limits the series of a `Family`, and `{Self}` is not a `Family`: remove `max_series`",
    label = "not a `Family`"
)]
pub trait MaxSeries: Metric {}

#[diagnostic::do_not_recommend]
impl<L: FamilyLabels, M: FamilyMember> MaxSeries for Family<L, M> {}

/// The limit of `#[metric(max_series = …)]`.
#[doc(hidden)]
#[must_use]
pub const fn max_series<M: MaxSeries>(limit: usize) -> usize {
    limit
}

/// A metric whose series can all be created in advance.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`zero` creates the series of a `Family`, and `{Self}` is not a `Family`: remove `zero`",
    label = "not a `Family`"
)]
pub trait Zero: Metric {
    /// How many series there are.
    const COUNT: usize;

    fn zero(&self);
}

impl<L: ClosedFamilyLabels, M: FamilyMember> Zero for Family<L, M> {
    const COUNT: usize = L::COUNT;

    fn zero(&self) {
        for labels in L::all() {
            drop(self.get_or_create(&labels));
        }
    }
}

/// What `#[metric(zero)]` does: how many series it creates, and how.
#[doc(hidden)]
#[must_use]
pub const fn zero<M: Zero>() -> (usize, fn(&M)) {
    (M::COUNT, M::zero)
}
