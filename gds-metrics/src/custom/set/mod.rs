//! Metric sets: the trait that `#[derive(GdsMetricSet)]` implements, and the code that it calls.

mod builder;
mod field;
mod options;

pub(crate) use self::builder::{ConstantLabel, Pending};
pub use self::{
    builder::SetBuilder,
    field::{MetricField, MetricParts, SetField, metric_field, set_field},
    options::{MaxSeries, Zero, max_series, zero},
};

use std::sync::Arc;

use super::schema::{Schema, check};

/// A struct whose fields are metrics.
///
/// Derive this trait; do not implement it by hand. [`GdsMetrics::register`](crate::GdsMetrics::register) creates the
/// metrics and returns the struct. Keep the struct, clone it (a clone of a metric is the same metric), or put it into
/// `web::Data`.
///
/// ```
/// use gds_metrics::{Counter, EncodeLabelSet, Family, GdsMetricSet, GdsMetrics, Histogram};
///
/// #[derive(Clone, Debug, GdsMetricSet)]
/// #[metric(prefix = "app")]
/// struct AppMetrics {
///     /// Login attempts.
///     logins: Counter, // app_logins_total
///     /// Emails sent, by kind.
///     emails_sent: Family<EmailLabels, Counter>, // app_emails_sent_total{kind="…"}
///     /// Time taken to render a page.
///     #[metric(unit = "seconds", buckets = [0.05, 0.5, 5.0])]
///     render_duration: Histogram, // app_render_duration_seconds
/// }
///
/// #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
/// struct EmailLabels {
///     kind: &'static str,
/// }
///
/// let metrics = GdsMetrics::builder().build()?;
/// let app: AppMetrics = metrics.register()?;
///
/// app.logins.inc();
/// app.emails_sent.get_or_create(&EmailLabels { kind: "welcome" }).inc();
///
/// assert_eq!(metrics.sample("app_logins_total", &[]), Some(1.0));
/// assert_eq!(metrics.sample("app_emails_sent_total", &[("kind", "welcome")]), Some(1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A handler gets the set from `web::Data`. Register the set once, outside the closure that creates an `App` for each
/// worker, because registering a set twice is an error.
///
/// ```
/// use actix_web::{App, HttpResponse, web};
/// use gds_metrics::{GdsMetricSet, GdsMetrics, Histogram};
///
/// #[derive(Clone, Debug, GdsMetricSet)]
/// struct AppMetrics {
///     /// Time taken to render a page.
///     #[metric(unit = "seconds")]
///     render_duration: Histogram,
/// }
///
/// async fn index(metrics: web::Data<AppMetrics>) -> HttpResponse {
///     let _timer = metrics.render_duration.start_timer(); // observes when it is dropped
///     HttpResponse::Ok().body("…")
/// }
///
/// let metrics = GdsMetrics::builder().build()?;
/// let app_metrics = web::Data::new(metrics.register::<AppMetrics>()?);
/// let make_app = move || {
///     App::new()
///         .app_data(app_metrics.clone())
///         .route("/", web::get().to(index))
/// };
/// # make_app();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a metric set",
    label = "not a metric set",
    note = "`#[derive(GdsMetricSet)]` on a struct makes it one",
    note = "on a field that is a metric, remove `prefix` or `flatten`"
)]
pub trait GdsMetricSet: Sized {
    /// The name, kind, unit, help, labels and line of each metric. See [`schema`](crate::schema).
    const SCHEMA: &'static Schema;

    /// Registration evaluates it, so that a set with duplicates does not compile.
    #[doc(hidden)]
    const CHECKED: () = check::check(Self::SCHEMA);

    #[doc(hidden)]
    fn build(builder: &mut SetBuilder) -> Self;
}

macro_rules! pointers {
    ($($pointer:ident),+) => {$(
        /// The set behind the pointer, with the same names.
        impl<T: GdsMetricSet> GdsMetricSet for $pointer<T> {
            const SCHEMA: &'static Schema = T::SCHEMA;

            fn build(builder: &mut SetBuilder) -> Self {
                Self::new(T::build(builder))
            }
        }
    )+};
}

pointers!(Arc, Box);
