//! `#[derive(EncodeLabelValue)]`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, Fields, Ident, Type, ext::IdentExt, parse_quote, spanned::Spanned};

use super::{case::Case, check_float, read_case};
use crate::{
    attr::{self, OnHeld, OnLabelValue, OnVariant},
    errors::Errors,
    tokens::{is_generic, private, scoped},
};

/// A form of the value: a variant, or the struct.
struct Form<'a> {
    /// How it is made and matched: `Self::Variant` or `Self`.
    path: TokenStream,
    content: Content<'a>,
}

enum Content<'a> {
    /// Written as this text.
    Text(String, Span),
    /// Written as the value inside it.
    Value(Held<'a>),
}

/// A value inside a form.
struct Held<'a> {
    /// The name of its field, which may have none.
    ident: Option<&'a Ident>,
    ty: &'a Type,
    /// Written by its `Display`.
    display: bool,
}

/// The whole derive.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let mut krate = parse_quote!(::gds_metrics);
    let mut case = Case::default();
    for option in attr::options(&input.attrs, &mut errors) {
        match option.name {
            OnLabelValue::RenameAll => {
                case = read_case(&option, &Case::NAMES, &mut errors).unwrap_or(case);
            }
            OnLabelValue::Crate => krate = option.path(&mut errors).unwrap_or(krate),
        }
    }
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

fn read<'a>(input: &'a DeriveInput, case: Case, errors: &mut Errors) -> Vec<Form<'a>> {
    match &input.data {
        Data::Struct(data) => {
            if let Some(held) = single(&data.fields, errors) {
                return vec![Form {
                    path: quote!(Self),
                    content: Content::Value(held),
                }];
            }
            errors.push(
                input.ident.span(),
                "a label has one value, so the struct must hold exactly one: write `struct …(String);`, or \
                 derive `EncodeLabelSet` for several labels",
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
    let options = attr::options::<OnVariant>(&variant.attrs, errors);
    // A variant has no other option, so there is at most one.
    let rename = options.first();
    let content = match &variant.fields {
        Fields::Unit => {
            let (text, span) = match rename {
                Some(option) => {
                    let text = option.text(errors)?;
                    if text.value.is_empty() {
                        errors.push(
                            text.span,
                            "Prometheus treats an empty label value as a missing label: write a text, or \
                             make the label an `Option`",
                        );
                    }
                    (text.value, text.span)
                }
                None => (case.apply(&ident.unraw().to_string()), ident.span()),
            };
            Content::Text(text, span)
        }
        fields => {
            let Some(held) = single(fields, errors) else {
                errors.push(
                    fields.span(),
                    "a label has one value: a variant holds nothing, or one value, which is written \
                     instead of its name",
                );
                return None;
            };
            if let Some(option) = rename {
                errors.push(
                    option.ident.span(),
                    "this variant is written as the value that it holds, not as its name: remove `rename`",
                );
            }
            Content::Value(held)
        }
    };
    Some(Form {
        path: quote!(Self::#ident),
        content,
    })
}

/// The only field. The options of all fields are read, so that a useless one is an error.
fn single<'a>(fields: &'a Fields, errors: &mut Errors) -> Option<Held<'a>> {
    let mut all: Vec<Held<'a>> = fields
        .iter()
        .map(|field| {
            check_float(&field.ty, errors);
            let mut display = false;
            for option in attr::options(&field.attrs, errors) {
                match option.name {
                    OnHeld::Display => display = option.flag(errors).is_some(),
                }
            }
            Held {
                ident: field.ident.as_ref(),
                ty: &field.ty,
                display,
            }
        })
        .collect();
    all.pop().filter(|_| all.is_empty())
}

fn check_duplicates(forms: &[Form<'_>], errors: &mut Errors) {
    let mut seen: Vec<&str> = Vec::new();
    let texts = forms.iter().flat_map(|form| match &form.content {
        Content::Text(text, span) => vec![(text.as_str(), *span)],
        // The derive knows only how `bool` is written.
        Content::Value(Held { ty, .. }) if is_bool(ty) => {
            vec![("true", ty.span()), ("false", ty.span())]
        }
        Content::Value(_) => Vec::new(),
    });
    for (text, span) in texts {
        if seen.contains(&text) {
            errors.push(
                span,
                format_args!("two variants are written `{text}`: rename one of them"),
            );
        }
        seen.push(text);
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
            const COUNT: #private::std::primitive::usize = 0;

            fn all() -> #private::std::vec::Vec<Self> {
                #private::std::unreachable!()
            }

            fn index(&self) -> #private::std::primitive::usize {
                #private::std::unreachable!()
            }
        }
    }
}

fn expand(input: &DeriveInput, forms: &[Form<'_>]) -> TokenStream {
    let private = private();
    let ident = &input.ident;

    let mut encodable = input.generics.clone();
    for form in forms {
        if let Content::Value(Held { ty, display, .. }) = &form.content
            && is_generic(ty, &input.generics)
        {
            let bound = if *display {
                quote!(#private::std::fmt::Display)
            } else {
                quote!(#private::EncodeLabelValue)
            };
            encodable
                .make_where_clause()
                .predicates
                .push(parse_quote!(#ty: #bound));
        }
    }
    let arms = forms.iter().map(|form| encode(form, &private));
    let (impl_generics, ty_generics, where_clause) = encodable.split_for_impl();
    let closed = closed(input, forms, &private);

    quote! {
        #[automatically_derived]
        impl #impl_generics #private::EncodeLabelValue for #ident #ty_generics #where_clause {
            fn encode(
                &self,
                __encoder: &mut #private::LabelValueEncoder<'_>,
            ) -> #private::std::result::Result<(), #private::std::fmt::Error> {
                match self {
                    #(#arms)*
                }
            }
        }

        #closed
    }
}

fn encode(form: &Form<'_>, private: &TokenStream) -> TokenStream {
    let path = &form.path;
    match &form.content {
        Content::Text(text, _) => quote! {
            #path => #private::EncodeLabelValue::encode(&#text, __encoder),
        },
        Content::Value(Held { ident, ty, display }) => {
            let pattern = with_field(path, *ident, &quote!(__value));
            // See `set::encode`.
            let span = ty.span().resolved_at(Span::call_site());
            if *display {
                quote_spanned! {span=>
                    #pattern => #private::display(__value, __encoder),
                }
            } else {
                quote_spanned! {span=>
                    #pattern => <#ty as #private::LabelValue>::encode_held(__value, __encoder),
                }
            }
        }
    }
}

/// `ClosedLabelValue`, if all held values are closed. See `set::closed`.
fn closed(input: &DeriveInput, forms: &[Form<'_>], private: &TokenStream) -> TokenStream {
    let ident = &input.ident;
    let mut generics = input.generics.clone();
    // The values of the forms so far: the number of texts, and the counts of the held types.
    let mut texts = 0_usize;
    let mut held = TokenStream::new();
    let mut or_empty = TokenStream::new();
    let mut push_all = TokenStream::new();
    let mut arms = TokenStream::new();
    for form in forms {
        let path = &form.path;
        let before = if held.is_empty() {
            quote!(#texts)
        } else {
            quote!(const { #private::sum(&[#texts, #held]) })
        };
        match &form.content {
            Content::Text(..) => {
                push_all.extend(quote!(__all.push(#path);));
                arms.extend(quote!(#path => #before,));
                texts += 1;
            }
            // The values of a `Display` implementation are not known.
            Content::Value(Held { display: true, .. }) => return TokenStream::new(),
            Content::Value(Held { ident, ty, .. }) => {
                generics
                    .make_where_clause()
                    .predicates
                    .push(parse_quote!(for<'__gds> #ty: #private::ClosedLabelValue));
                let value = with_field(path, *ident, &quote!(__value));
                let of_type = quote!(<#ty as #private::ClosedLabelValue>);
                push_all.extend(quote! {
                    for __value in #of_type::all() {
                        __all.push(#value);
                    }
                });
                arms.extend(quote! {
                    #value => #private::nested_index(#before, 1, #of_type::index(__value)),
                });
                held.extend(quote!(#of_type::COUNT,));
                or_empty.extend(quote!(|| #of_type::HAS_EMPTY));
            }
        }
    }
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::ClosedLabelValue for #ident #ty_generics #where_clause {
            const COUNT: #private::std::primitive::usize = #private::sum(&[#texts, #held]);
            const HAS_EMPTY: #private::std::primitive::bool = false #or_empty;

            fn all() -> #private::std::vec::Vec<Self> {
                let mut __all = #private::std::vec::Vec::with_capacity(Self::COUNT);
                #push_all
                __all
            }

            #[inline]
            fn index(&self) -> #private::std::primitive::usize {
                match self {
                    #arms
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
