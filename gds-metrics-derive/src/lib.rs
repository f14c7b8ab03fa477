//! The derives of [gds-metrics](https://docs.rs/gds-metrics): `GdsMetricSet`, `EncodeLabelSet` and
//! `EncodeLabelValue`. Use them through that crate, which documents them.
//!
//! A derive goes through visible stages: the options of its attributes are read (`attr`), what was
//! written becomes a model (`set/model`), everything that is wrong with it is noted (`set/check`), and code
//! is written (`set/expand`). If there are messages, the code is a stub, so that no further ones follow.
//!
//! What it costs: a set of 40 metrics (counters, gauges, histograms, summaries, state sets and families) adds
//! 0.1 s to `cargo check` of its crate and nothing measurable to `cargo build` (an example with the set against
//! one with the same plain struct, each touched and built three times, rustc 1.95, 2 cores).

#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
// Two arms of quoted code read better side by side.
#![allow(clippy::single_match_else)]

mod attr;
mod errors;
mod label;
mod name;
mod set;
mod tokens;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a set of metrics.
///
/// Each field is a metric, another set, or skipped. A metric's name is its field's, after the prefixes
/// of the sets it lies in; a counter's ends in `_total` and one with a unit in the unit, whether or not
/// that was written. Its help is the first paragraph of its doc comment, as plain text without Markdown and
/// without the final full stop. `#[doc = include_str!("…")]` and `concat!` are help as well; their Markdown
/// stays.
///
/// A name has no capitals, and a unit in it is a base unit (`latency_ms` is an error, and so is
/// `cpu_percent`: record seconds, or a fraction from 0 to 1). A name given by `rename` is taken as it is, for
/// those who move over.
///
/// # Options of the struct
///
/// | `#[metric(…)]` | |
/// | --- | --- |
/// | `prefix = "app"` | begins every name. Default: none |
/// | `labels(team = "x")` | labels that every series has. Default: none |
/// | `crate = ::path` | where `gds-metrics` is, if it is renamed in `Cargo.toml` or comes through another crate. Default: `::gds_metrics` |
///
/// # Options of a field
///
/// | `#[metric(…)]` | |
/// | --- | --- |
/// | `rename = "name"` | instead of the field's name |
/// | `help = "…"` | instead of the doc comment, taken as it is |
/// | `unit = "seconds"` | a base unit: `seconds`, `bytes`, `ratio`, or a thing such as `requests` |
/// | `buckets = [0.1, 1.0]` | of a histogram; also `exponential(start, factor, count)`, `linear(start, width, count)` or a constant. Default for seconds: 0.005 to 10 in 14 steps. For another unit, or none, there is no default |
/// | `native` | the histogram has native buckets too, in the protobuf format; see `GdsMetricsBuilder::native_histograms` |
/// | `labels(zone = "a")` | labels that every series of the field has |
/// | `zero` | creates all series of a `Family` at once, so that the first increase is seen. Its label set must be closed: made of enums and `bool`s. (A `ClosedFamily` has all of them anyway) |
/// | `max_series = 500` | how many series a `Family` makes at most; what comes beyond is counted in one series. Default: 10,000 |
/// | `prefix = "db"` | the field is another set, whose names begin with this |
/// | `flatten` | the field is another set |
/// | `skip` | the field is no metric; it is made by `Default` |
///
/// # Example
///
/// ```ignore
/// #[derive(Clone, Debug, GdsMetricSet)]
/// #[metric(prefix = "app")]
/// struct AppMetrics {
///     /// Login attempts.
///     logins: Counter, // app_logins_total
///     /// Time taken to render a page.
///     #[metric(unit = "seconds", buckets = [0.05, 0.5, 5.0])]
///     render_duration: Histogram, // app_render_duration_seconds
///     #[metric(prefix = "db")]
///     db: DbMetrics, // app_db_…
/// }
/// ```
#[proc_macro_derive(GdsMetricSet, attributes(metric))]
pub fn derive_metric_set(input: TokenStream) -> TokenStream {
    let mut input = parse_macro_input!(input as DeriveInput);
    tokens::allow_deprecated(&mut input);
    set::derive(&input).into()
}

/// Makes a struct a label set: each field is a label.
///
/// Derive `Clone, Debug, PartialEq, Eq, Hash` too; a `Family` needs them. A field's type is a string, a
/// number, a `bool` or an `EncodeLabelValue`. A label that is an `Option` is absent when it is `None`,
/// which for Prometheus is the same as an empty one. `job` and `instance` are no labels: Prometheus has labels
/// of these names, and would rename yours.
///
/// When all values of all fields are known, the type is a `ClosedLabelSet`.
///
/// # Options
///
/// | `#[metric(…)]` | |
/// | --- | --- |
/// | on the struct: `rename_all = "…"` | how the fields' names are written: `snake_case`, `SCREAMING_SNAKE_CASE`, `camelCase`, `PascalCase`, `lowercase` or `UPPERCASE`. Default: as they are |
/// | on the struct: `crate = ::path` | where `gds-metrics` is. Default: `::gds_metrics` |
/// | on a field: `rename = "name"` | instead of the field's name |
/// | on a field: `display` | its value is what its `Display` writes, cut off after 128 bytes |
/// | on a field: `flatten` | the field is another label set |
///
/// # Example
///
/// ```ignore
/// #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
/// struct EmailLabels {
///     kind: EmailKind,
///     #[metric(rename = "lang")]
///     language: Option<String>,
///     #[metric(display)]
///     status: StatusCode,
/// }
/// ```
// `prometheus`: to say what to write instead.
#[proc_macro_derive(EncodeLabelSet, attributes(metric, prometheus))]
pub fn derive_label_set(input: TokenStream) -> TokenStream {
    let mut input = parse_macro_input!(input as DeriveInput);
    tokens::allow_deprecated(&mut input);
    label::set::derive(&input).into()
}

/// Makes an enum, or a struct around one value, a label value.
///
/// A variant is written in `snake_case`. A variant or a struct that holds one value is written as that
/// value. When all values are known, as they are for an enum of plain variants, the type is a
/// `ClosedLabelValue`, which `StateSet` and `#[metric(zero)]` need.
///
/// # Options
///
/// | `#[metric(…)]` | |
/// | --- | --- |
/// | on the type: `rename_all = "…"` | `snake_case` (default), `kebab-case`, `SCREAMING_SNAKE_CASE`, `SCREAMING-KEBAB-CASE`, `camelCase`, `PascalCase`, `lowercase` or `UPPERCASE` |
/// | on the type: `crate = ::path` | where `gds-metrics` is. Default: `::gds_metrics` |
/// | on a variant: `rename = "…"` | any text |
/// | on the value that is held: `display` | it is written by its `Display`, cut off after 128 bytes |
///
/// # Example
///
/// ```ignore
/// #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
/// enum EmailKind {
///     Welcome,       // kind="welcome"
///     PasswordReset, // kind="password_reset"
/// }
/// ```
#[proc_macro_derive(EncodeLabelValue, attributes(metric, prometheus))]
pub fn derive_label_value(input: TokenStream) -> TokenStream {
    let mut input = parse_macro_input!(input as DeriveInput);
    tokens::allow_deprecated(&mut input);
    label::value::derive(&input).into()
}
