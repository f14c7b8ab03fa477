//! Why a metric set could not be registered.

use std::fmt;

/// A metric set could not be registered. None of its metrics is registered.
///
/// ```
/// use gds_metrics::{Counter, GdsMetricSet, GdsMetrics, RegisterError};
///
/// #[derive(Debug, GdsMetricSet)]
/// struct Shop {
///     /// Orders placed.
///     orders: Counter,
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let metrics = GdsMetrics::builder().build()?;
/// let _shop: Shop = metrics.register()?;
/// let error = metrics.register::<Shop>().expect_err("it is registered already");
/// assert!(matches!(error, RegisterError::Twice { .. }));
/// # Ok(())
/// # }
/// ```
#[non_exhaustive]
pub enum RegisterError {
    /// The same set is registered already.
    #[non_exhaustive]
    Twice {
        /// The name of the set's type.
        set: &'static str,
        /// Its first field with a name that is taken, as `Set::field (file:line)`.
        definition: String,
    },
    /// The same set is registered already with other label names. All series of a family must have the same label
    /// names.
    #[non_exhaustive]
    OtherLabels {
        /// Its first field with a name that is taken, as `Set::field (file:line)`.
        definition: String,
        /// The names of the labels that it is registered with.
        registered: Vec<String>,
        /// The names of the labels that it was to be registered with.
        given: Vec<String>,
    },
    /// A name is taken.
    #[non_exhaustive]
    Taken {
        /// The name of a family or a sample, or a name that OpenMetrics reserves.
        name: String,
        /// What was to be registered, as `Set::field (file:line)`, or as `module::Set::field (file:line)` if the
        /// owner is a field from the same line of a macro.
        definition: String,
        /// The owner of the name: a field in the same form, `gds-metrics itself`, or Prometheus, which writes
        /// [`up` and other series][automatic] for each target.
        ///
        /// [automatic]: https://prometheus.io/docs/concepts/jobs_instances/#automatically-generated-labels-and-time-series
        owner: String,
    },
    /// A label of [`register_labelled`](crate::GdsMetrics::register_labelled) is not a valid label of a
    /// metric.
    #[non_exhaustive]
    Label {
        /// The label's name.
        name: String,
        /// The metric, as `Set::field (file:line)`.
        definition: String,
        /// What is wrong, and what to do.
        problem: &'static str,
    },
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Twice { set, definition } => write!(
                f,
                "`{definition}` is registered already: register `{set}` once and share its clones. If each \
         worker registers the set, build `GdsMetrics` and register outside the `HttpServer::new` \
         closure. To use the set twice, give each use other values with `register_labelled`, or nest the \
         set with `#[metric(prefix = \"…\")]`"
            ),
            Self::OtherLabels {
                definition,
                registered,
                given,
            } => write!(
                f,
                "`{definition}` is registered already {}, and now {}: register each with \
         `register_labelled`, with the same label names and other values",
                with_labels(registered),
                with_labels(given)
            ),
            Self::Taken {
                name,
                definition,
                owner,
            } => write!(
                f,
                "`{definition}` would own the name `{name}`, which belongs to {owner}: rename this field, or give \
         its set a `#[metric(prefix = \"…\")]`"
            ),
            Self::Label {
                name,
                definition,
                problem,
            } => write!(f, "`{name}` cannot be a label of `{definition}`: {problem}"),
        }
    }
}

impl std::error::Error for RegisterError {}

/// `` with the labels `a`, `b` ``
fn with_labels(names: &[String]) -> String {
    if names.is_empty() {
        String::from("without labels")
    } else {
        format!("with the labels `{}`", names.join("`, `"))
    }
}
