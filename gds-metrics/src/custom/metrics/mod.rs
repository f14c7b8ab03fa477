//! The metric types that prometheus-client lacks, and what makes its own easier to use.

pub mod buckets;
mod guard;
mod info;
mod state_set;
mod summary;
mod timer;

pub(crate) use self::state_set::Labelled;
pub use self::{
    guard::{GaugeExt, InProgress, UpDown},
    info::Info,
    state_set::StateSet,
    summary::Summary,
    timer::{Observe, Timer, TimerExt},
};

use prometheus_client::metrics::family::Family;

use super::labels::LabelSet;

/// Timers and guards on one series of a [`Family`].
///
/// They own the series they work on: the family's lock is free again before the guarded work
/// begins.
///
/// # Pitfall: two guards in one expression
///
/// `family.get_or_create(…)` returns a guard that holds the family's lock. Two of them alive at once,
/// even in one expression, can deadlock with a scrape or with the creation of a series:
///
/// ```no_run
/// # use gds_metrics::{Counter, Family};
/// # let family: Family<Vec<(String, String)>, Counter> = Family::default();
/// # let (a, b) = (vec![], vec![]);
/// // Wrong: both guards live until the end of the statement.
/// let both = family.get_or_create(&a).get() + family.get_or_create(&b).get();
///
/// // Right: the series itself, cheap to clone, and no guard.
/// let both = family.get_or_create_owned(&a).get() + family.get_or_create_owned(&b).get();
/// ```
pub trait FamilyExt<L, M> {
    /// Starts a timer whose seconds the series of `labels` observes when it is dropped.
    ///
    /// ```
    /// use gds_metrics::{EncodeLabelSet, Family, FamilyExt, Summary};
    ///
    /// #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    /// struct Page {
    ///     template: &'static str,
    /// }
    ///
    /// let renders: Family<Page, Summary> = Family::default();
    /// let page = Page { template: "basket" };
    /// {
    ///     let _timer = renders.start_timer(&page);
    ///     // … render it …
    /// }
    /// assert_eq!(renders.get_or_create_owned(&page).count(), 1);
    /// ```
    fn start_timer(&self, labels: &L) -> Timer<M>
    where
        M: Observe;

    /// Raises the gauge of `labels` by 1 until the guard is dropped.
    ///
    /// ```
    /// use gds_metrics::{Family, FamilyExt, Gauge};
    ///
    /// let jobs: Family<Vec<(&str, &str)>, Gauge> = Family::default();
    /// let labels = vec![("queue", "mail")];
    /// let running = jobs.in_progress(&labels);
    /// assert_eq!(jobs.get_or_create_owned(&labels).get(), 1);
    /// drop(running);
    /// assert_eq!(jobs.get_or_create_owned(&labels).get(), 0);
    /// ```
    fn in_progress(&self, labels: &L) -> InProgress<M>
    where
        M: UpDown;
}

impl<L: LabelSet, M: Clone> FamilyExt<L, M> for Family<L, M> {
    fn start_timer(&self, labels: &L) -> Timer<M>
    where
        M: Observe,
    {
        self.get_or_create_owned(labels).start_timer()
    }

    fn in_progress(&self, labels: &L) -> InProgress<M>
    where
        M: UpDown,
    {
        self.get_or_create_owned(labels).in_progress()
    }
}
