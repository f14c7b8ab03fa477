//! The model of a metric set, as written in the source.

use proc_macro2::Span;
use syn::{
    Data, DeriveInput, Fields, Generics, Ident, Path, Type, ext::IdentExt, parse_quote,
    spanned::Spanned,
};

use super::{
    buckets::Buckets,
    help::Help,
    kind::{Kind, guess},
};
use crate::{
    attr::{self, ConstantLabel, Count, OnField, OnSet, Opt, Text},
    errors::Errors,
    name,
};

/// A struct with `#[derive(GdsMetricSet)]`.
pub(crate) struct Set<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) krate: Path,
    pub(crate) prefix: Option<Text>,
    pub(crate) labels: Vec<ConstantLabel>,
    pub(crate) fields: Vec<Field<'a>>,
}

pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) content: Content,
}

pub(crate) enum Content {
    Metric(Box<Metric>),
    Set(Nested),
    Skipped,
}

pub(crate) struct Metric {
    /// The field's name, or the name given by `rename`.
    pub(crate) name: Text,
    pub(crate) renamed: bool,
    pub(crate) help: Option<Help>,
    pub(crate) unit: Option<Text>,
    pub(crate) buckets: Option<Buckets>,
    pub(crate) native: Option<Span>,
    pub(crate) labels: Vec<ConstantLabel>,
    pub(crate) zero: Option<Span>,
    pub(crate) max_series: Option<Count>,
    /// The kind that the name of the type suggests.
    pub(crate) kind: Option<Kind>,
}

/// A field that is another set.
pub(crate) struct Nested {
    pub(crate) prefix: Option<Text>,
    pub(crate) labels: Vec<ConstantLabel>,
}

impl<'a> Set<'a> {
    /// Reads `input`, and reports what it cannot read.
    pub(crate) fn read(input: &'a DeriveInput, errors: &mut Errors) -> Self {
        let mut set = Self {
            ident: &input.ident,
            generics: &input.generics,
            krate: parse_quote!(::gds_metrics),
            prefix: None,
            labels: Vec::new(),
            fields: Vec::new(),
        };
        for option in attr::options(&input.attrs, errors) {
            match option.name {
                OnSet::Prefix => set.prefix = option.text(errors),
                OnSet::Labels => set.labels = option.labels(errors),
                OnSet::Crate => set.krate = option.path(errors).unwrap_or(set.krate),
            }
        }
        match &input.data {
            Data::Struct(data) => match &data.fields {
                Fields::Named(fields) => {
                    set.fields = fields
                        .named
                        .iter()
                        .filter_map(|field| Field::read(field, errors))
                        .collect();
                }
                Fields::Unnamed(fields) => errors.push(
                    fields.span(),
                    "metrics take the names of their fields, and these fields have no names: write \
                     `struct … { name: Counter }`",
                ),
                Fields::Unit => errors.push(
                    input.ident.span(),
                    "a metric set needs fields: write `struct … { name: Counter }`",
                ),
            },
            Data::Enum(data) => errors.push(
                data.enum_token.span(),
                "an enum cannot be a metric set: derive `GdsMetricSet` on a struct, and for label \
                 values `EncodeLabelValue` on the enum",
            ),
            Data::Union(data) => errors.push(
                data.union_token.span(),
                "a union cannot be a metric set: derive `GdsMetricSet` on a struct",
            ),
        }
        set
    }

    /// The name of the family, without the prefixes of outer sets.
    pub(crate) fn family_name(&self, metric: &Metric) -> String {
        let written = self.local_name(metric);
        let stem = match metric.kind {
            Some(Kind::Counter) => name::strip_word(&written, "total"),
            Some(Kind::Info) => name::strip_word(&written, "info"),
            _ => &written,
        };
        match &metric.unit {
            Some(unit) if !name::ends_with_word(stem, &unit.value) => {
                format!("{stem}_{}", unit.value)
            }
            _ => stem.to_owned(),
        }
    }

    /// The name with the struct's prefix.
    pub(crate) fn local_name(&self, metric: &Metric) -> String {
        match &self.prefix {
            Some(prefix) => {
                let prefix = prefix.value.trim_end_matches('_');
                format!("{prefix}_{}", metric.name.value)
            }
            None => metric.name.value.clone(),
        }
    }
}

impl Metric {
    /// Whether the unit or the field's name says that the value is a fraction.
    pub(crate) fn is_ratio(&self) -> bool {
        self.unit.as_ref().is_some_and(|unit| unit.value == "ratio")
            || !self.renamed && name::ends_with_word(&self.name.value, "ratio")
    }
}

impl<'a> Field<'a> {
    fn read(field: &'a syn::Field, errors: &mut Errors) -> Option<Self> {
        let ident = field.ident.as_ref()?;
        let options = attr::options(&field.attrs, errors);
        let has = |name| options.iter().any(|option| option.name == name);
        let content = if has(OnField::Skip) {
            read_skipped(&options, errors)
        } else if has(OnField::Prefix) {
            read_nested("prefix", field, &options, errors)
        } else if has(OnField::Flatten) {
            read_nested("flatten", field, &options, errors)
        } else {
            read_metric(ident, field, &options, errors)
        };
        Some(Self {
            ident,
            ty: &field.ty,
            content,
        })
    }
}

fn read_skipped(options: &[Opt<OnField>], errors: &mut Errors) -> Content {
    for option in options {
        if option.name == OnField::Skip {
            option.flag(errors);
        } else {
            errors.push(
                option.ident.span(),
                format_args!(
                    "`{}` has no effect on a field that is skipped: remove it, or `skip`",
                    option.ident
                ),
            );
        }
    }
    Content::Skipped
}

/// `nesting` is the option that makes the field a nested set.
fn read_nested(
    nesting: &str,
    field: &syn::Field,
    options: &[Opt<OnField>],
    errors: &mut Errors,
) -> Content {
    let mut nested = Nested {
        prefix: None,
        labels: Vec::new(),
    };
    let is_of_sets = |option: &Opt<OnField>| {
        matches!(
            option.name,
            OnField::Prefix | OnField::Flatten | OnField::Labels
        )
    };
    // Without an option of metrics, it may be a set that has the name of a metric type.
    if let Some(kind) = guess(&field.ty)
        && !options.iter().all(is_of_sets)
        && let Some(option) = options.iter().find(|option| option.ident == nesting)
    {
        errors.push(
            option.ident.span(),
            format_args!(
                "`{nesting}` is for a field that is another set of metrics, and this is {}: remove `{nesting}`{}",
                kind.as_str(),
                if nesting == "prefix" {
                    ", or write the whole name with `rename`"
                } else {
                    ""
                },
            ),
        );
        return Content::Set(nested);
    }
    for option in options {
        match option.name {
            OnField::Prefix => nested.prefix = option.text(errors),
            OnField::Flatten if nesting == "prefix" => errors.push(
                option.ident.span(),
                "`flatten` is a nested set without a prefix: remove `flatten`, or `prefix`",
            ),
            OnField::Flatten => {
                option.flag(errors);
            }
            OnField::Labels => nested.labels = option.labels(errors),
            OnField::Rename
            | OnField::Help
            | OnField::Unit
            | OnField::Buckets
            | OnField::Native
            | OnField::Zero
            | OnField::MaxSeries
            | OnField::Skip => errors.push(
                option.ident.span(),
                format_args!(
                    "`{}` is for a metric, and `{nesting}` makes this field a nested set: remove one of \
                     them{}",
                    option.ident,
                    if option.name == OnField::Rename {
                        " (a set has no name)"
                    } else {
                        ""
                    },
                ),
            ),
        }
    }
    Content::Set(nested)
}

fn read_metric(
    ident: &Ident,
    field: &syn::Field,
    options: &[Opt<OnField>],
    errors: &mut Errors,
) -> Content {
    let mut metric = Metric {
        name: Text {
            value: ident.unraw().to_string(),
            span: ident.span(),
        },
        renamed: false,
        help: Help::read(&field.attrs),
        unit: None,
        buckets: None,
        native: None,
        labels: Vec::new(),
        zero: None,
        max_series: None,
        kind: guess(&field.ty),
    };
    for option in options {
        match option.name {
            OnField::Rename => {
                if let Some(name) = option.text(errors) {
                    metric.name = name;
                    metric.renamed = true;
                }
            }
            OnField::Help => {
                // A help that cannot be read is reported once. It is not reported as missing as well.
                let text = option.text(errors);
                if let Some(Text { value, span }) = &text
                    && !value.chars().any(char::is_alphanumeric)
                {
                    errors.push(
                        *span,
                        "the help has no words: write what the metric counts or measures",
                    );
                }
                metric.help = Some(Help::Text(text.map(|text| text.value).unwrap_or_default()));
            }
            OnField::Unit => metric.unit = option.text(errors),
            OnField::Buckets => {
                metric.buckets = option
                    .expr("[0.1, 1.0]", errors)
                    .and_then(|expr| Buckets::read(expr, errors));
            }
            OnField::Native => metric.native = option.flag(errors),
            OnField::Labels => metric.labels = option.labels(errors),
            OnField::Zero => metric.zero = option.flag(errors),
            OnField::MaxSeries => metric.max_series = option.count(500, errors),
            // A field with one of these options is not a metric.
            OnField::Prefix | OnField::Flatten | OnField::Skip => {}
        }
    }
    Content::Metric(Box::new(metric))
}
