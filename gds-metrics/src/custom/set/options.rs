//! Options of a field that only some metric types take. Their bounds say so, in our words.

use crate::custom::{
    labels::{ClosedLabelSet, FamilyLabels},
    metric::{FamilyMember, Metric},
    metrics::Family,
};

/// A metric that makes series without end, unless a limit stops it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`max_series` limits the series of a `Family`, and `{Self}` is none: remove `max_series`",
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

/// A metric whose series can be created before they are used.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`zero` creates the series of a `Family`, and `{Self}` is none: remove `zero`",
    label = "not a `Family`"
)]
pub trait Zero: Metric {
    fn zero(&self);
}

impl<L: ClosedLabelSet + FamilyLabels, M: FamilyMember> Zero for Family<L, M> {
    fn zero(&self) {
        for labels in L::all() {
            drop(self.get_or_create(&labels));
        }
    }
}

/// What `#[metric(zero)]` does.
#[doc(hidden)]
pub fn zero<M: Zero>(metric: &M) {
    metric.zero();
}
