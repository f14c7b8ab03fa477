//! Checks a metric set and reports all errors in it.

use super::{
    kind::Kind,
    model::{Content, Field, Metric, Nested, Set},
};
use crate::{
    attr::{ConstantLabel, Text},
    errors::Errors,
    name,
    tokens::lifetime_in,
};

/// Reports every error in `set` that its tokens show.
pub(crate) fn check(set: &Set<'_>, errors: &mut Errors) {
    if let Some(prefix) = &set.prefix {
        check_prefix(prefix, "leave `prefix` out", errors);
    }
    check_labels(&set.labels, &[], errors);
    for field in &set.fields {
        match &field.content {
            Content::Metric(metric) => check_metric(set, field, metric, errors),
            Content::Set(nested) => check_nested(set, nested, errors),
            Content::Skipped => {}
        }
    }
    check_duplicates(set, errors);
}

fn check_prefix(prefix: &Text, instead: &str, errors: &mut Errors) {
    let value = &prefix.value;
    if value.is_empty() {
        errors.push(prefix.span, format_args!("the prefix is empty: {instead}"));
    } else if let Some(problem) = name::metric_problem(value) {
        errors.push(
            prefix.span,
            format_args!(
                "`{value}` cannot begin a metric's name, {problem}: {}",
                name::instead(value)
            ),
        );
    } else if let Some(small) = name::without_capitals(value) {
        errors.push(
            prefix.span,
            format_args!("a metric's name has no capitals: write `prefix = \"{small}\"`"),
        );
    } else if value.ends_with('_') {
        errors.push(
            prefix.span,
            format_args!(
                "an underscore is put after the prefix: write `prefix = \"{}\"`",
                value.trim_end_matches('_')
            ),
        );
    }
}

fn check_metric(set: &Set<'_>, field: &Field<'_>, metric: &Metric, errors: &mut Errors) {
    if metric.help.is_none() {
        let ident = field.ident;
        // An unknown type may be a set, or may not be a metric at all.
        let otherwise = match metric.kind {
            Some(_) => "",
            None => {
                ", `#[metric(flatten)]` if it is a set of metrics, or `#[metric(skip)]` if it is not a metric"
            }
        };
        errors.push(
            ident.span(),
            format_args!(
                "`{ident}` has no help: write a doc comment above it (`/// What it measures.`){otherwise}"
            ),
        );
    }
    if let Some(lifetime) = lifetime_in(field.ty, set.generics) {
        errors.push(
            lifetime.span(),
            format_args!(
                "`{}` has labels that are borrowed for `'{lifetime}`, but its series live longer: write label \
                 sets that own their values, as `String` or `&'static str`, and remove `'{lifetime}`",
                field.ident
            ),
        );
    }
    check_name(set, metric, errors);
    check_unit(set, metric, errors);
    if let Some(buckets) = &metric.buckets {
        match metric.kind {
            None | Some(Kind::Histogram) => buckets.check(errors),
            Some(kind) => errors.push(
                buckets.span,
                format_args!(
                    "only a histogram has buckets, and this is {}: remove `buckets`",
                    kind.as_str()
                ),
            ),
        }
    }
    if let Some(span) = metric.native
        && let Some(kind) = metric.kind
        && kind != Kind::Histogram
    {
        errors.push(
            span,
            format_args!(
                "only a histogram has native buckets, and this is {}: remove `native`",
                kind.as_str()
            ),
        );
    }
    check_labels(&metric.labels, &set.labels, errors);
    let (kind, own) = match metric.kind {
        Some(kind @ Kind::Histogram) => (kind, "le"),
        Some(kind @ Kind::Summary) => (kind, "quantile"),
        _ => return,
    };
    for label in metric.labels.iter().chain(&set.labels) {
        if label.name.value == own {
            errors.push(
                label.name.span,
                format_args!(
                    "`{}` is {}, which has a label `{own}` of its own: rename this one",
                    field.ident,
                    kind.as_str()
                ),
            );
        }
    }
}

fn check_name(set: &Set<'_>, metric: &Metric, errors: &mut Errors) {
    let Text { value, span } = &metric.name;
    if let Some(problem) = name::metric_problem(value) {
        let instead = name::instead(value);
        let instead = if metric.renamed {
            instead
        } else {
            String::from("rename the field, or give it a `#[metric(rename = \"…\")]`")
        };
        errors.push(
            *span,
            format_args!("`{value}` cannot name a metric, {problem}: {instead}"),
        );
        return;
    }
    // A name given by `rename` is kept, because dashboards may use it already.
    if !metric.renamed {
        check_spelling(metric, errors);
    }
    let Some((suffix, owner, instead)) = reserved_suffix(set, metric) else {
        return;
    };
    let Some(kind) = metric.kind else {
        return;
    };
    let family = set.family_name(metric);
    if family == suffix
        && matches!(
            (kind, suffix),
            (Kind::Counter, "total") | (Kind::Info, "info")
        )
    {
        errors.push(
            *span,
            format_args!(
                "the name is only the suffix `{suffix}`: name what it is about, or give the set a \
                 `#[metric(prefix = \"…\")]`"
            ),
        );
    } else if !metric.renamed {
        errors.push(
            *span,
            format_args!(
                "`{family}` ends in `_{suffix}`, which belongs to {owner}, and this is {}: {instead}, or keep \
                 the name with `#[metric(rename = \"{value}\")]`",
                kind.as_str()
            ),
        );
    }
}

/// Reports capitals, and units that are not base units.
fn check_spelling(metric: &Metric, errors: &mut Errors) {
    let Text { value, span } = &metric.name;
    if let Some(small) = name::without_capitals(value) {
        errors.push(
            *span,
            format_args!(
                "a metric's name has no capitals: write `{small}`, or keep the name with `#[metric(rename = \
                 \"{value}\")]`"
            ),
        );
    } else if let Some((unit, base)) = name::unit_of_name(value) {
        let renamed = value.replacen(&format!("_{unit}"), &format!("_{base}"), 1);
        errors.push(
            *span,
            format_args!(
                "`{value}` ends in `{unit}`, which is not a base unit: record {}, and write `{renamed}`; if it \
                 is not a unit, or the name must stay, keep it with `#[metric(rename = \"{value}\")]`",
                instead_of_unit(base)
            ),
        );
    }
}

/// What to record if the base unit is `base`.
fn instead_of_unit(base: &str) -> &str {
    match base {
        "ratio" => "a fraction from 0 to 1 in a `FloatGauge`",
        _ => base,
    }
}

/// The reserved suffix at the end of the family's name, what it is reserved for, and what to do.
fn reserved_suffix(
    set: &Set<'_>,
    metric: &Metric,
) -> Option<(&'static str, &'static str, &'static str)> {
    // For other types, `schema::check` reports this.
    metric.kind?;
    let family = set.family_name(metric);
    [
        ("bucket", "the buckets of a histogram", "rename it"),
        (
            "sum",
            "the sum of a histogram or a summary",
            match metric.kind {
                Some(Kind::Summary) => "remove this suffix",
                _ => "rename it, or make it a `Summary` without this suffix",
            },
        ),
        (
            "count",
            "the count of a histogram or a summary",
            "rename it (name a counter after the things it counts)",
        ),
        (
            "created",
            "the creation time of another metric",
            "rename it",
        ),
        ("info", "an info", "rename it, or make it an `Info`"),
        ("total", "a counter", "rename it, or make it a `Counter`"),
    ]
    .into_iter()
    .find(|(suffix, ..)| name::ends_with_word(&family, suffix))
}

fn check_unit(set: &Set<'_>, metric: &Metric, errors: &mut Errors) {
    let Some(Text { value, span }) = &metric.unit else {
        return;
    };
    if let Some(kind @ (Kind::Info | Kind::StateSet)) = metric.kind {
        errors.push(
            *span,
            format_args!("{} has no unit: remove `unit`", kind.as_str()),
        );
    } else if let Some(problem) = name::metric_problem(value) {
        errors.push(
            *span,
            format_args!(
                "`{value}` cannot be the unit at the end of a metric's name, {problem}: {}",
                name::instead(value)
            ),
        );
    } else if let Some(base) = name::base_unit(value) {
        errors.push(
            *span,
            format_args!(
                "`{value}` is not a base unit, so dashboards cannot combine it: record {} and write `unit = \
                 \"{base}\"`",
                instead_of_unit(base)
            ),
        );
    } else if let Some(small) = name::without_capitals(value) {
        errors.push(
            *span,
            format_args!("a unit has no capitals: write `unit = \"{small}\"`"),
        );
    } else if set.prefix.is_none() && metric.name.value == *value {
        errors.push(
            metric.name.span,
            format_args!(
                "`{value}` is only the unit: name what is measured, or give the set \
                 a `#[metric(prefix = \"…\")]`"
            ),
        );
    }
}

fn check_nested(set: &Set<'_>, nested: &Nested, errors: &mut Errors) {
    if let Some(prefix) = &nested.prefix {
        check_prefix(prefix, "write `flatten` instead", errors);
    }
    check_labels(&nested.labels, &set.labels, errors);
}

/// `outer` are the labels of the struct.
fn check_labels(labels: &[ConstantLabel], outer: &[ConstantLabel], errors: &mut Errors) {
    for (i, label) in labels.iter().enumerate() {
        let Text { value, span } = &label.name;
        if let Some(problem) = name::label_problem(value) {
            errors.push(
                *span,
                format_args!(
                    "`{value}` cannot name a label, {problem}: {}",
                    name::instead(value)
                ),
            );
        }
        if label.value.is_empty() {
            errors.push(
                *span,
                format_args!(
                    "Prometheus treats the empty label `{value}` as missing: give it a value, or remove it"
                ),
            );
        }
        let same = |other: &&ConstantLabel| other.name.value == *value;
        if labels.iter().take(i).any(|other| same(&other)) {
            errors.push(
                *span,
                format_args!("the label `{value}` is given twice: remove one of them"),
            );
        } else if outer.iter().any(|other| same(&other)) {
            errors.push(
                *span,
                format_args!(
                    "every metric of the struct already has a label `{value}`: rename this one"
                ),
            );
        }
    }
}

/// Reports two fields that would own the same name, at the second one.
fn check_duplicates(set: &Set<'_>, errors: &mut Errors) {
    let mut seen: Vec<(String, Option<Kind>, &Field<'_>)> = Vec::new();
    for field in &set.fields {
        let Content::Metric(metric) = &field.content else {
            continue;
        };
        // A reserved name is already reported and has to change anyway.
        if !metric.renamed && reserved_suffix(set, metric).is_some() {
            continue;
        }
        let family = set.family_name(metric);
        let suffixes = metric.kind.map_or(&[""][..], Kind::suffixes);
        let names: Vec<String> = suffixes.iter().map(|s| format!("{family}{s}")).collect();
        let clash = seen.iter().find(|(taken, ..)| names.contains(taken));
        if let Some((name, first_kind, first)) = clash {
            let kinds = [metric.kind, *first_kind];
            let [kind, first_kind] = kinds.map(|kind| kind.map_or("a metric", Kind::as_str));
            let is_bare = |kind| matches!(kind, Some(Kind::Counter | Kind::Info));
            let why = if *name == family && kinds.into_iter().any(is_bare) {
                " (the name of a family, which OpenMetrics writes without `_total` and `_info`)"
            } else {
                ""
            };
            errors.push(
                metric.name.span,
                format_args!(
                    "`{}`, {kind}, and `{}`, {first_kind}, both own the name `{name}`{why}: rename one of them",
                    field.ident, first.ident
                ),
            );
        }
        seen.extend(names.into_iter().map(|name| (name, metric.kind, field)));
    }
}
