//! `#[derive(EncodeLabelSet)]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{
    Data, DeriveInput, Fields, Generics, Ident, Type, ext::IdentExt, parse_quote, spanned::Spanned,
};

use super::type_options;
use crate::{
    attr::{self, Place, Text},
    errors::Errors,
    name,
    tokens::{is_generic, option_of, private, scoped},
};

/// A field of a label set.
struct Field<'a> {
    ident: &'a Ident,
    ty: &'a Type,
    /// `None`: flattened.
    name: Option<Text>,
}

/// The whole of the derive.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let (krate, _) = type_options(&input.attrs, Place::LabelSet, &mut errors);
    let fields = read(input, &mut errors);
    check_duplicates(&fields, &mut errors);
    if errors.is_empty() {
        scoped(&krate, &expand(input, &fields))
    } else {
        let stub = scoped(&krate, &stub(input));
        let errors = errors.into_tokens();
        quote!(#errors #stub)
    }
}

fn read<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Vec<Field<'a>> {
    let fields = match &input.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(data) => {
            errors.push(
                data.enum_token.span(),
                "an enum is one label's value, not a set of labels: derive `EncodeLabelValue` on it, and \
                 `EncodeLabelSet` on a struct with a field of its type",
            );
            return Vec::new();
        }
        Data::Union(data) => {
            errors.push(
                data.union_token.span(),
                "a union cannot be a label set: derive `EncodeLabelSet` on a struct",
            );
            return Vec::new();
        }
    };
    if let Fields::Unnamed(fields) = fields {
        errors.push(
            fields.span(),
            "a label is named as its field is, and these have no names: write \
             `struct … { name: String }`, or derive `EncodeLabelValue` if it is one label's value",
        );
        return Vec::new();
    }
    fields
        .iter()
        .filter_map(|field| {
            let ident = field.ident.as_ref()?;
            let name = read_name(ident, field, errors);
            Some(Field {
                ident,
                ty: &field.ty,
                name,
            })
        })
        .collect()
}

fn read_name(ident: &Ident, field: &syn::Field, errors: &mut Errors) -> Option<Text> {
    let mut name = Some(Text {
        value: ident.unraw().to_string(),
        span: ident.span(),
    });
    let options = attr::options(&field.attrs, Place::Label, errors);
    let flatten = options.iter().any(|option| option.name == "flatten");
    for option in &options {
        if option.name == "flatten" {
            option.flag(errors);
            name = None;
        } else if flatten {
            errors.push(
                option.name.span(),
                "`flatten` makes the field a label set, which has no name: remove `rename`, or `flatten`",
            );
        } else {
            name = option.text(errors).or(name);
        }
    }
    if let Some(Text { value, span }) = &name
        && let Some(problem) = name::label_problem(value)
    {
        errors.push(
            *span,
            format_args!(
                "`{value}` cannot name a label, {problem}: give the field a `#[metric(rename = \"…\")]`"
            ),
        );
    }
    name
}

fn check_duplicates(fields: &[Field<'_>], errors: &mut Errors) {
    let names: Vec<&Text> = fields.iter().filter_map(|f| f.name.as_ref()).collect();
    for (i, name) in names.iter().enumerate() {
        if let Some(first) = names.iter().take(i).find(|n| n.value == name.value) {
            errors.push(
                name.span,
                format_args!("the label `{}` comes twice: rename one of them", name.value),
            );
            errors.push(first.span, format_args!("`{}` is first here", name.value));
        }
    }
}

fn stub(input: &DeriveInput) -> TokenStream {
    let private = private();
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::EncodeLabelSet for #ident #ty_generics #where_clause {
            fn encode(
                &self,
                _: &mut #private::LabelSetEncoder<'_>,
            ) -> #private::std::result::Result<(), #private::std::fmt::Error> {
                #private::std::unreachable!()
            }
        }

        #[automatically_derived]
        impl #impl_generics #private::ClosedLabelSet for #ident #ty_generics #where_clause {
            fn all() -> #private::std::vec::Vec<Self> {
                #private::std::unreachable!()
            }
        }
    }
}

fn expand(input: &DeriveInput, fields: &[Field<'_>]) -> TokenStream {
    let private = private();
    let ident = &input.ident;
    let encodable = bounded(&input.generics, fields, &private);
    let (impl_generics, ty_generics, where_clause) = encodable.split_for_impl();

    let encode = fields.iter().map(|field| encode(field, &private));
    let names = fields.iter().map(|field| match &field.name {
        Some(name) => {
            let name = &name.value;
            quote!(#private::Label::Name(#name))
        }
        None => {
            let ty = field.ty;
            quote!(#private::Label::Set({
                use #private::Unknown as _;
                #private::Probe::<#ty>::NAMES
            }))
        }
    });
    let closed = closed(input, fields, &private);

    quote! {
        #[automatically_derived]
        impl #impl_generics #private::EncodeLabelSet for #ident #ty_generics #where_clause {
            fn encode(
                &self,
                __encoder: &mut #private::LabelSetEncoder<'_>,
            ) -> #private::std::result::Result<(), #private::std::fmt::Error> {
                let _ = &__encoder;
                #(#encode)*
                #private::std::result::Result::Ok(())
            }
        }

        #[automatically_derived]
        impl #impl_generics #private::LabelNames for #ident #ty_generics #where_clause {
            const NAMES: &'static [#private::Label] = &[#(#names),*];
        }

        #closed
    }
}

fn encode(field: &Field<'_>, private: &TokenStream) -> TokenStream {
    let (ident, ty) = (field.ident, field.ty);
    let Some(name) = &field.name else {
        return quote_spanned! {ty.span()=>
            <#ty as #private::EncodeLabelSet>::encode(&self.#ident, __encoder)?;
        };
    };
    let name = &name.value;
    if option_of(ty).is_some() {
        quote_spanned! {ty.span()=>
            if let #private::std::option::Option::Some(__value) = &self.#ident {
                #private::encode_label(__encoder, #name, __value)?;
            }
        }
    } else {
        quote_spanned! {ty.span()=>
            #private::encode_label::<#ty>(__encoder, #name, &self.#ident)?;
        }
    }
}

/// The generics, with what encoding needs of them.
fn bounded(generics: &Generics, fields: &[Field<'_>], private: &TokenStream) -> Generics {
    let mut bounded = generics.clone();
    for field in fields.iter().filter(|f| is_generic(f.ty, generics)) {
        // Of an absent label there is nothing to encode.
        let ty = option_of(field.ty).unwrap_or(field.ty);
        let bound = match field.name {
            Some(_) => quote!(#private::EncodeLabelValue),
            None => quote!(#private::EncodeLabelSet),
        };
        bounded
            .make_where_clause()
            .predicates
            .push(parse_quote!(#ty: #bound));
    }
    bounded
}

/// `ClosedLabelSet`, if all fields are closed. Whether they are, only the compiler knows: a bound
/// with a lifetime of its own may fail without an error.
fn closed(input: &DeriveInput, fields: &[Field<'_>], private: &TokenStream) -> TokenStream {
    let ident = &input.ident;
    let mut generics = input.generics.clone();
    let predicates = &mut generics.make_where_clause().predicates;
    for field in fields {
        let ty = field.ty;
        predicates.push(match field.name {
            Some(_) => parse_quote!(for<'__gds> #ty: #private::ClosedLabelValue + #private::std::clone::Clone),
            None => parse_quote!(for<'__gds> #ty: #private::ClosedLabelSet + #private::std::clone::Clone),
        });
    }
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();

    // From the inside: the last field's loop makes the sets. A field's own name could be a constant's.
    let variable = |i: usize| format_ident!("__field_{i}");
    let assignments = fields.iter().enumerate().map(|(i, field)| {
        let (ident, variable) = (field.ident, variable(i));
        quote!(#ident: #private::std::clone::Clone::clone(&#variable),)
    });
    let mut make = quote!(__all.push(Self { #(#assignments)* }););
    for (i, field) in fields.iter().enumerate().rev() {
        let (variable, ty) = (variable(i), field.ty);
        let bound = match field.name {
            Some(_) => quote!(#private::ClosedLabelValue),
            None => quote!(#private::ClosedLabelSet),
        };
        make = quote! {
            for #variable in <#ty as #bound>::all() {
                #make
            }
        };
    }
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::ClosedLabelSet for #ident #ty_generics #where_clause {
            fn all() -> #private::std::vec::Vec<Self> {
                let mut __all = #private::std::vec::Vec::new();
                #make
                __all
            }
        }
    }
}
