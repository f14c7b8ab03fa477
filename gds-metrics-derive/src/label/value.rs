//! `#[derive(EncodeLabelValue)]`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, Fields, Ident, Type, ext::IdentExt, parse_quote, spanned::Spanned};

use super::{case::Case, type_options};
use crate::{
    attr::{self, Opt, Place},
    errors::Errors,
    name,
    tokens::{is_generic, private, scoped},
};

/// A form that the value can have: a variant, or the struct.
struct Form<'a> {
    /// How it is made and matched: `Self::Variant` or `Self`.
    path: TokenStream,
    content: Content<'a>,
}

enum Content<'a> {
    /// Written as this text.
    Text(String, Span),
    /// Written as the value it holds, in a field that has a name or none.
    Value(Option<&'a Ident>, &'a Type),
}

/// The whole of the derive.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let (krate, options) = type_options(&input.attrs, Place::LabelValue, &mut errors);
    let case = read_case(&options, &mut errors);
    let forms = read(input, case, &mut errors);
    check_duplicates(&forms, &mut errors);
    if errors.is_empty() {
        scoped(&krate, &expand(input, &forms))
    } else {
        let stub = scoped(&krate, &stub(input));
        let errors = errors.into_tokens();
        quote!(#errors #stub)
    }
}

fn read_case(options: &[Opt], errors: &mut Errors) -> Case {
    let Some(text) = options.first().and_then(|option| option.text(errors)) else {
        return Case::default();
    };
    Case::parse(&text.value).unwrap_or_else(|| {
        let message = match name::nearest(&text.value, &Case::NAMES) {
            Some(near) => format!("there is no `{}`: did you mean `{near}`?", text.value),
            None => format!(
                "there is no `{}`: expected {}",
                text.value,
                name::list(&Case::NAMES)
            ),
        };
        errors.push(text.span, message);
        Case::default()
    })
}

fn read<'a>(input: &'a DeriveInput, case: Case, errors: &mut Errors) -> Vec<Form<'a>> {
    match &input.data {
        Data::Struct(data) => {
            if let Some(content) = single(&data.fields) {
                return vec![Form {
                    path: quote!(Self),
                    content,
                }];
            }
            errors.push(
                input.ident.span(),
                "a label has one value, so a struct of it holds one: write `struct …(String);`, or derive \
                 `EncodeLabelSet` for several labels",
            );
            Vec::new()
        }
        Data::Enum(data) => {
            if data.variants.is_empty() {
                errors.push(
                    input.ident.span(),
                    "an enum without variants has no value: add a variant",
                );
            }
            data.variants
                .iter()
                .filter_map(|variant| read_variant(variant, case, errors))
                .collect()
        }
        Data::Union(data) => {
            errors.push(
                data.union_token.span(),
                "a union cannot be a label value: derive `EncodeLabelValue` on an enum",
            );
            Vec::new()
        }
    }
}

fn read_variant<'a>(
    variant: &'a syn::Variant,
    case: Case,
    errors: &mut Errors,
) -> Option<Form<'a>> {
    let ident = &variant.ident;
    let options = attr::options(&variant.attrs, Place::Variant, errors);
    let rename = options.first();
    let content = match &variant.fields {
        Fields::Unit => {
            let (text, span) = match rename {
                Some(option) => {
                    let text = option.text(errors)?;
                    if text.value.is_empty() {
                        errors.push(
                            text.span,
                            "an empty label value is no label to Prometheus: name it, or let the label \
                             be an `Option`",
                        );
                    }
                    (text.value, text.span)
                }
                None => (case.apply(&ident.unraw().to_string()), ident.span()),
            };
            Content::Text(text, span)
        }
        fields => {
            let Some(content) = single(fields) else {
                errors.push(
                    fields.span(),
                    "a label has one value: a variant holds none, or one that is written instead of its \
                     name",
                );
                return None;
            };
            if let Some(option) = rename {
                errors.push(
                    option.name.span(),
                    "the value that this variant holds is written instead of its name: remove `rename`",
                );
            }
            content
        }
    };
    Some(Form {
        path: quote!(Self::#ident),
        content,
    })
}

/// The only field.
fn single(fields: &Fields) -> Option<Content<'_>> {
    let mut all = fields.iter();
    match (all.next(), all.next()) {
        (Some(field), None) => Some(Content::Value(field.ident.as_ref(), &field.ty)),
        _ => None,
    }
}

fn check_duplicates(forms: &[Form<'_>], errors: &mut Errors) {
    let mut seen: Vec<(&str, Span)> = Vec::new();
    let texts = forms.iter().flat_map(|form| match &form.content {
        Content::Text(text, span) => vec![(text.as_str(), *span)],
        // What other types are written as, the derive cannot tell.
        Content::Value(_, ty) if is_bool(ty) => vec![("true", ty.span()), ("false", ty.span())],
        Content::Value(..) => Vec::new(),
    });
    for (text, span) in texts {
        if let Some((_, first)) = seen.iter().find(|(other, _)| *other == text) {
            errors.push(
                span,
                format_args!("two variants are written `{text}`: rename one of them"),
            );
            errors.push(*first, format_args!("`{text}` is first here"));
        }
        seen.push((text, span));
    }
}

fn is_bool(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident("bool"))
}

fn stub(input: &DeriveInput) -> TokenStream {
    let private = private();
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::EncodeLabelValue for #ident #ty_generics #where_clause {
            fn encode(
                &self,
                _: &mut #private::LabelValueEncoder<'_>,
            ) -> #private::std::result::Result<(), #private::std::fmt::Error> {
                #private::std::unreachable!()
            }
        }

        #[automatically_derived]
        impl #impl_generics #private::ClosedLabelValue for #ident #ty_generics #where_clause {
            fn all() -> #private::std::vec::Vec<Self> {
                #private::std::unreachable!()
            }
        }
    }
}

fn expand(input: &DeriveInput, forms: &[Form<'_>]) -> TokenStream {
    let private = private();
    let ident = &input.ident;

    let mut encodable = input.generics.clone();
    let mut closed = input.generics.clone();
    for form in forms {
        let Content::Value(_, ty) = &form.content else {
            continue;
        };
        if is_generic(ty, &input.generics) {
            encodable
                .make_where_clause()
                .predicates
                .push(parse_quote!(#ty: #private::EncodeLabelValue));
        }
        // As in `set::closed`: it may fail without an error.
        closed
            .make_where_clause()
            .predicates
            .push(parse_quote!(for<'__gds> #ty: #private::ClosedLabelValue));
    }
    let arms = forms.iter().map(|form| encode(form, &private));
    let all = forms.iter().map(|form| push_all(form, &private));
    let (encodable_generics, ty_generics, encodable_where) = encodable.split_for_impl();
    let (closed_generics, _, closed_where) = closed.split_for_impl();

    quote! {
        #[automatically_derived]
        impl #encodable_generics #private::EncodeLabelValue for #ident #ty_generics #encodable_where {
            fn encode(
                &self,
                __encoder: &mut #private::LabelValueEncoder<'_>,
            ) -> #private::std::result::Result<(), #private::std::fmt::Error> {
                match self {
                    #(#arms)*
                }
            }
        }

        #[automatically_derived]
        impl #closed_generics #private::ClosedLabelValue for #ident #ty_generics #closed_where {
            fn all() -> #private::std::vec::Vec<Self> {
                let mut __all = #private::std::vec::Vec::new();
                #(#all)*
                __all
            }
        }
    }
}

fn encode(form: &Form<'_>, private: &TokenStream) -> TokenStream {
    let path = &form.path;
    match &form.content {
        Content::Text(text, _) => quote! {
            #path => #private::EncodeLabelValue::encode(&#text, __encoder),
        },
        Content::Value(field, ty) => {
            let pattern = with_field(path, *field, &quote!(__value));
            quote_spanned! {ty.span()=>
                #pattern => #private::EncodeLabelValue::encode(__value, __encoder),
            }
        }
    }
}

fn push_all(form: &Form<'_>, private: &TokenStream) -> TokenStream {
    let path = &form.path;
    match &form.content {
        Content::Text(..) => quote!(__all.push(#path);),
        Content::Value(field, ty) => {
            let value = with_field(path, *field, &quote!(__value));
            quote! {
                for __value in <#ty as #private::ClosedLabelValue>::all() {
                    __all.push(#value);
                }
            }
        }
    }
}

/// `path(value)` or `path { field: value }`, as a pattern or an expression.
fn with_field(path: &TokenStream, field: Option<&Ident>, value: &TokenStream) -> TokenStream {
    match field {
        Some(field) => quote!(#path { #field: #value }),
        None => quote!(#path(#value)),
    }
}
