//! `#[derive(EncodeLabelSet)]`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{
    Data, DeriveInput, Fields, Generics, Ident, Type, ext::IdentExt, parse_quote, spanned::Spanned,
};

use super::{case::Case, check_float, read_case};
use crate::{
    attr::{self, OnLabel, OnLabelSet, Text},
    errors::Errors,
    name,
    tokens::{is_generic, option_of, private, scoped},
};

/// A field of a label set.
struct Field<'a> {
    ident: &'a Ident,
    ty: &'a Type,
    /// `None` if the field is flattened.
    name: Option<Text>,
    /// Written by its `Display`.
    display: bool,
}

/// The whole derive.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let mut krate = parse_quote!(::gds_metrics);
    let mut case = None;
    for option in attr::options(&input.attrs, &mut errors) {
        match option.name {
            OnLabelSet::RenameAll => {
                case = read_case(&option, &Case::WITHOUT_HYPHENS, &mut errors);
            }
            OnLabelSet::Crate => krate = option.path(&mut errors).unwrap_or(krate),
        }
    }
    let fields = read(input, case, &mut errors);
    check_duplicates(&fields, &mut errors);
    if errors.is_empty() {
        scoped(&krate, &expand(input, &fields))
    } else {
        let stub = scoped(&krate, &stub(input));
        let errors = errors.into_tokens();
        quote!(#errors #stub)
    }
}

fn read<'a>(input: &'a DeriveInput, case: Option<Case>, errors: &mut Errors) -> Vec<Field<'a>> {
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
            "labels take the names of their fields, and these fields have no names: write \
             `struct … { name: String }`, or derive `EncodeLabelValue` if it is one label's value",
        );
        return Vec::new();
    }
    fields
        .iter()
        .filter_map(|field| read_field(field, case, errors))
        .collect()
}

fn read_field<'a>(
    field: &'a syn::Field,
    case: Option<Case>,
    errors: &mut Errors,
) -> Option<Field<'a>> {
    let ident = field.ident.as_ref()?;
    let written = ident.unraw().to_string();
    let mut name = Text {
        value: match case {
            Some(case) => case.apply_to_field(&written),
            None => written,
        },
        span: ident.span(),
    };
    let mut display = false;
    let options = attr::options(&field.attrs, errors);
    let flatten = options.iter().any(|option| option.name == OnLabel::Flatten);
    for option in &options {
        match option.name {
            OnLabel::Flatten => {
                option.flag(errors);
            }
            OnLabel::Rename | OnLabel::Display if flatten => errors.push(
                option.ident.span(),
                format_args!(
                    "`flatten` makes the field a label set, which has no name and no value: remove `{}`, or \
                     `flatten`",
                    option.ident
                ),
            ),
            OnLabel::Rename => name = option.text(errors).unwrap_or(name),
            OnLabel::Display => display = option.flag(errors).is_some(),
        }
    }
    if let (false, Some(problem)) = (flatten, name::label_problem(&name.value)) {
        errors.push(
            name.span,
            format_args!(
                "`{}` cannot name a label, {problem}: give the field a `#[metric(rename = \"…\")]`",
                name.value
            ),
        );
    }
    check_float(option_of(&field.ty).unwrap_or(&field.ty), errors);
    Some(Field {
        ident,
        ty: &field.ty,
        name: (!flatten).then_some(name),
        display,
    })
}

fn check_duplicates(fields: &[Field<'_>], errors: &mut Errors) {
    let names: Vec<&Text> = fields.iter().filter_map(|f| f.name.as_ref()).collect();
    for (i, name) in names.iter().enumerate() {
        if names.iter().take(i).any(|n| n.value == name.value) {
            errors.push(
                name.span,
                format_args!("two labels are named `{}`: rename one of them", name.value),
            );
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
        None if is_generic(field.ty, &input.generics) => {
            let ty = field.ty;
            quote!(#private::Label::Set(<#ty as #private::NamedLabels>::NAMES))
        }
        None => {
            let ty = field.ty;
            quote!(#private::Label::Set({
                use #private::Unknown as _;
                #private::Probe::<#ty>::NAMES
            }))
        }
    });
    let mut bounds_of_names = where_clause.cloned();
    for field in fields
        .iter()
        .filter(|f| f.name.is_none() && is_generic(f.ty, &input.generics))
    {
        let ty = field.ty;
        bounds_of_names
            .get_or_insert_with(|| parse_quote!(where))
            .predicates
            .push(parse_quote!(#ty: #private::NamedLabels));
    }
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
        impl #impl_generics #private::NamedLabels for #ident #ty_generics #bounds_of_names {
            const NAMES: #private::std::option::Option<&'static [#private::Label]> =
                #private::std::option::Option::Some(&[#(#names),*]);
        }

        #closed
    }
}

fn encode(field: &Field<'_>, private: &TokenStream) -> TokenStream {
    let (ident, ty) = (field.ident, field.ty);
    // A type that a macro was given has names of another context, in which there is no `self`.
    let span = ty.span().resolved_at(Span::call_site());
    let Some(name) = &field.name else {
        return quote_spanned! {span=>
            <#ty as #private::InnerLabels>::encode_labels(&self.#ident, __encoder)?;
        };
    };
    let name = &name.value;
    let option = option_of(field.ty);
    let value_ty = option.unwrap_or(ty);
    let encode = if field.display {
        quote_spanned!(span=> #private::encode_display::<#value_ty>)
    } else {
        quote_spanned!(span=> <#value_ty as #private::LabelValue>::encode_label)
    };
    match option {
        Some(_) => quote_spanned! {span=>
            if let #private::std::option::Option::Some(__value) = &self.#ident {
                #encode(__value, __encoder, #name)?;
            }
        },
        None => quote_spanned! {span=>
            #encode(&self.#ident, __encoder, #name)?;
        },
    }
}

/// The generics, with the bounds that encoding needs.
fn bounded(generics: &Generics, fields: &[Field<'_>], private: &TokenStream) -> Generics {
    let mut bounded = generics.clone();
    for field in fields.iter().filter(|f| is_generic(f.ty, generics)) {
        // `None` is not encoded, so the bound is on the inner type.
        let ty = option_of(field.ty).unwrap_or(field.ty);
        let bound = match field.name {
            Some(_) if field.display => quote!(#private::std::fmt::Display),
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

/// An implementation of `ClosedLabelSet`, if all fields are closed. Only the compiler knows whether they are.
/// The bound has its own lifetime, so that a bound that fails is not an error.
fn closed(input: &DeriveInput, fields: &[Field<'_>], private: &TokenStream) -> TokenStream {
    // The values of a `Display` implementation are not known.
    if fields.iter().any(|field| field.display) {
        return TokenStream::new();
    }
    let closed = |field: &Field<'_>| match field.name {
        Some(_) => quote!(#private::ClosedLabelValue),
        None => quote!(#private::ClosedLabelSet),
    };
    let ident = &input.ident;
    let mut generics = input.generics.clone();
    let predicates = &mut generics.make_where_clause().predicates;
    for field in fields {
        let (ty, closed) = (field.ty, closed(field));
        predicates.push(parse_quote!(for<'__gds> #ty: #closed + #private::std::clone::Clone));
    }
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();

    // The loops are built from the innermost one, which creates the sets. The variables are numbered, because
    // a constant could have the name of a field.
    let variable = |i: usize| format_ident!("__field_{i}");
    let assignments = fields.iter().enumerate().map(|(i, field)| {
        let (ident, variable) = (field.ident, variable(i));
        quote!(#ident: #private::std::clone::Clone::clone(&#variable),)
    });
    let mut make = quote!(__all.push(Self { #(#assignments)* }););
    let mut counts = TokenStream::new();
    let mut index = quote!(0usize);
    for (i, field) in fields.iter().enumerate().rev() {
        let (variable, ty, closed) = (variable(i), field.ty, closed(field));
        make = quote! {
            for #variable in <#ty as #closed>::all() {
                #make
            }
        };
    }
    for field in fields {
        let (ident, ty, closed) = (field.ident, field.ty, closed(field));
        counts.extend(quote!(<#ty as #closed>::COUNT,));
        index = quote! {
            #private::nested_index(
                #index,
                <#ty as #closed>::COUNT,
                <#ty as #closed>::index(&self.#ident),
            )
        };
    }
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::ClosedLabelSet for #ident #ty_generics #where_clause {
            const COUNT: #private::std::primitive::usize = #private::product(&[#counts]);

            fn all() -> #private::std::vec::Vec<Self> {
                // Not with the capacity `COUNT`, which is an error for a set with too many combinations that nobody
                // lists.
                let mut __all = #private::std::vec::Vec::new();
                #make
                __all
            }

            #[inline]
            fn index(&self) -> #private::std::primitive::usize {
                #index
            }
        }
    }
}
