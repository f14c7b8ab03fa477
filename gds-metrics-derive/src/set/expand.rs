//! The code of a metric set.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Generics, Ident, Type, ext::IdentExt, parse_quote, spanned::Spanned};

use super::model::{Content, Field, Metric, Nested, Set};
use crate::{
    attr::{ConstantLabel, Count},
    tokens::{is_generic, is_parameter, private, respanned},
};

/// An implementation for a set with errors. It avoids further errors in code that uses the set.
pub(crate) fn stub(set: &Set<'_>) -> TokenStream {
    let private = private();
    let ident = set.ident;
    let name = set.ident.unraw().to_string();
    let (impl_generics, ty_generics, where_clause) = set.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::GdsMetricSet for #ident #ty_generics #where_clause {
            const SCHEMA: &'static #private::Schema = &#private::Schema::new(#name, &[]);

            fn build(_: &mut #private::SetBuilder) -> Self {
                #private::std::unreachable!()
            }
        }
    }
}

/// The code of a set without errors.
pub(crate) fn expand(set: &Set<'_>) -> TokenStream {
    let private = private();
    let ident = set.ident;
    let name = set.ident.unraw().to_string();
    let generics = bounded(set, &private);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();

    let mut constants = TokenStream::new();
    let mut entries = TokenStream::new();
    let mut fields = TokenStream::new();
    for (i, field) in set.fields.iter().enumerate() {
        let ident = field.ident;
        let constant = format_ident!("__GDS_METRICS_{i}");
        match &field.content {
            Content::Metric(metric) => {
                constants.extend(metric_constant(set, field, metric, &constant, &private));
                entries.extend(quote!(#private::Entry::Metric(Self::#constant.def),));
                fields.extend(quote!(#ident: __builder.metric(&Self::#constant),));
            }
            Content::Set(nested) => {
                constants.extend(set_constant(set, field, nested, &constant, &private));
                entries.extend(quote!(#private::Entry::Set(Self::#constant.def),));
                fields.extend(quote!(#ident: __builder.set(&Self::#constant),));
            }
            Content::Skipped => {
                let ty = field.ty;
                fields.extend(quote_spanned! {field.ty.span()=>
                    #ident: <#ty as #private::std::default::Default>::default(),
                });
            }
        }
    }

    // A generic set is checked where it is registered.
    let check = set.generics.params.is_empty().then(|| {
        let set_trait = quote!(#private::GdsMetricSet);
        let private = respanned(&private, set.ident.span());
        quote_spanned! {set.ident.span()=>
            const _: () = #private::check(<#ident as #set_trait>::SCHEMA);
        }
    });

    quote! {
        #[automatically_derived]
        impl #impl_generics #ident #ty_generics #where_clause {
            #constants
        }

        #[automatically_derived]
        impl #impl_generics #private::GdsMetricSet for #ident #ty_generics #where_clause {
            const SCHEMA: &'static #private::Schema = &#private::Schema::new(#name, &[#entries]);

            fn build(__builder: &mut #private::SetBuilder) -> Self {
                let _ = &__builder;
                Self { #fields }
            }
        }

        #check
    }
}

/// The generics, with the bounds that the fields need.
fn bounded(set: &Set<'_>, private: &TokenStream) -> Generics {
    let mut generics = set.generics.clone();
    for field in &set.fields {
        let ty = field.ty;
        if !is_generic(ty, set.generics) {
            continue;
        }
        let bound = match &field.content {
            Content::Metric(metric) => {
                let zero = metric.zero.map(|_| quote!(+ #private::Zero));
                let max_series = metric.max_series.map(|_| quote!(+ #private::MaxSeries));
                let metric = if is_named(ty, set) {
                    quote!(NamedMetric)
                } else {
                    quote!(Metric)
                };
                quote!(#private::#metric #zero #max_series)
            }
            Content::Set(_) => quote!(#private::GdsMetricSet),
            Content::Skipped => quote!(#private::std::default::Default),
        };
        generics
            .make_where_clause()
            .predicates
            .push(parse_quote!(#ty: #bound));
    }
    generics
}

/// Whether the type parameters of the set decide the names of the field's labels. If the field's type is
/// itself a parameter, the names stay unknown, because generic code only knows that it is a `Metric`.
fn is_named(ty: &Type, set: &Set<'_>) -> bool {
    is_generic(ty, set.generics) && !is_parameter(ty, set.generics)
}

/// The constant of a metric. It is the only code that requires the type to be a metric.
fn metric_constant(
    set: &Set<'_>,
    field: &Field<'_>,
    metric: &Metric,
    constant: &Ident,
    private: &TokenStream,
) -> TokenStream {
    let ty = field.ty;
    let (set_name, field_name) = names(set, field);
    let name = set.local_name(metric);
    let unit = option(metric.unit.as_ref().map(|unit| &unit.value), private);
    let renamed = metric.renamed;
    let is_ratio = metric.is_ratio();
    let help = metric
        .help
        .as_ref()
        .map(|help| help.expand(field.ident.span(), private));
    let constant_labels = constant_labels(&set.labels, &metric.labels);
    let buckets = option(
        metric
            .buckets
            .as_ref()
            .map(|buckets| buckets.expand(private)),
        private,
    );
    let labels_of_set = set.labels.len();
    let native = metric.native.is_some();
    let (file, line) = place(field.ident.span());
    let zero = metric.zero.map(|span| {
        let private = respanned(private, span);
        quote_spanned!(span=> .zero(#private::zero()))
    });
    let max_series = option(
        metric.max_series.map(|Count { value, span }| {
            let private = respanned(private, span);
            quote_spanned!(span=> #private::max_series::<#ty>(#value))
        }),
        private,
    );
    // The span of the type, so that a wrong type is reported there.
    let private_here = respanned(private, field.ty.span());
    let labels = if is_named(ty, set) {
        quote!(<#ty as #private::NamedMetric>::NAMES)
    } else {
        quote! {{
            use #private::Unknown as _;
            #private::LabelsOf::<#ty>::NAMES
        }}
    };
    let call = quote_spanned! {field.ty.span()=>
        #private_here::metric_field::<#ty>(#private::MetricParts {
            set: #set_name,
            field: #field_name,
            name: #name,
            renamed: #renamed,
            unit: #unit,
            is_ratio: #is_ratio,
            help: #help,
            labels: #labels,
            constant_labels: #constant_labels,
            labels_of_set: #labels_of_set,
            buckets: #buckets,
            native: #native,
            max_series: #max_series,
            module: #private::std::module_path!(),
            file: #file,
            line: #line,
        })
    };
    quote! {
        const #constant: #private::MetricField<#ty> = #call #zero;
    }
}

fn set_constant(
    set: &Set<'_>,
    field: &Field<'_>,
    nested: &Nested,
    constant: &Ident,
    private: &TokenStream,
) -> TokenStream {
    let ty = field.ty;
    let outer = set.prefix.as_ref().map_or("", |prefix| &prefix.value);
    let prefix = nested.prefix.as_ref().map_or("", |prefix| &prefix.value);
    let (set_name, field_name) = names(set, field);
    let labels = constant_labels(&set.labels, &nested.labels);
    let labels_of_set = set.labels.len();
    let private_here = respanned(private, field.ty.span());
    let call = quote_spanned! {field.ty.span()=>
        #private_here::set_field::<#ty>(
            (#set_name, #field_name),
            [#outer, #prefix],
            #labels,
            #labels_of_set,
        )
    };
    quote! {
        const #constant: #private::SetField<#ty> = #call;
    }
}

/// The names of the set and of the field, for messages.
fn names(set: &Set<'_>, field: &Field<'_>) -> (String, String) {
    let name = |ident: &Ident| ident.unraw().to_string();
    (name(set.ident), name(field.ident))
}

fn constant_labels(outer: &[ConstantLabel], own: &[ConstantLabel]) -> TokenStream {
    let labels = outer.iter().chain(own).map(|label| {
        let (name, value) = (&label.name.value, &label.value);
        quote!((#name, #value))
    });
    quote!(&[#(#labels),*])
}

fn option(value: Option<impl ToTokens>, private: &TokenStream) -> TokenStream {
    match value {
        Some(value) => quote!(#private::std::option::Option::Some(#value)),
        None => quote!(#private::std::option::Option::None),
    }
}

/// The file and the line of a field. (`file!` and `line!` would return those of the derive, or of the call of
/// the macro that wrote the set.)
///
/// `unwrap` cannot fail here: a derive runs in the compiler, which has real spans.
fn place(span: Span) -> (String, u32) {
    let span = span.unwrap();
    (span.file(), u32::try_from(span.line()).unwrap_or_default())
}
