//! Tokens and types: reads them from the source, and lets generated code name the crate.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Data, DeriveInput, Expr, Fields, GenericArgument, Generics, Ident, Meta, Path,
    PathArguments, Type,
};

/// The path of the items that the generated code uses, inside [`scoped`].
pub(crate) fn private() -> TokenStream {
    quote!(__gds_metrics)
}

/// Wraps generated code so that [`private`] resolves. Nothing else that the code names changes. If the crate
/// cannot be found, the `use` is the only error.
pub(crate) fn scoped(krate: &Path, code: &TokenStream) -> TokenStream {
    quote! {
        const _: () = {
            use #krate::__private as __gds_metrics;
            #code
        };
    }
}

/// `tokens` at `span`. rustc shows the derive for an expression whose tokens have different spans.
pub(crate) fn respanned(tokens: &TokenStream, span: Span) -> TokenStream {
    tokens
        .clone()
        .into_iter()
        .map(|mut token| {
            token.set_span(span);
            token
        })
        .collect()
}

/// Lets the generated code use deprecated items: the user's own names, and types that the user allows. The
/// compiler does not warn about them at the derive's spans.
pub(crate) fn allow_deprecated(input: &mut DeriveInput) {
    let of_struct = allows_deprecated(&input.attrs);
    if is_deprecated(&input.attrs) {
        set_derived(&mut input.ident);
    }
    match &mut input.data {
        Data::Struct(data) => allow_in_fields(&mut data.fields, of_struct),
        Data::Enum(data) => {
            for variant in &mut data.variants {
                if is_deprecated(&variant.attrs) {
                    set_derived(&mut variant.ident);
                }
                let of_variant = of_struct || allows_deprecated(&variant.attrs);
                allow_in_fields(&mut variant.fields, of_variant);
            }
        }
        Data::Union(_) => {}
    }
}

fn allow_in_fields(fields: &mut Fields, allowed: bool) {
    for field in fields {
        if let (true, Some(ident)) = (is_deprecated(&field.attrs), &mut field.ident) {
            set_derived(ident);
        }
        if allowed || allows_deprecated(&field.attrs) {
            // The same type with other spans always parses.
            if let Ok(ty) = syn::parse2(derived(field.ty.to_token_stream())) {
                field.ty = ty;
            }
        }
    }
}

fn is_deprecated(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident("deprecated"))
}

/// Whether `attrs` contains `#[allow(deprecated)]` or `#[expect(deprecated)]`.
fn allows_deprecated(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| match &attr.meta {
        Meta::List(list) if list.path.is_ident("allow") || list.path.is_ident("expect") => {
            mentions(list.tokens.clone(), &["deprecated".to_owned()])
        }
        _ => false,
    })
}

fn set_derived(ident: &mut Ident) {
    ident.set_span(ident.span().resolved_at(Span::call_site()));
}

/// `tokens` as if the derive had written them. `$crate` keeps its span, because a new span would change its
/// meaning.
fn derived(tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            match &mut token {
                TokenTree::Group(group) => {
                    *group = Group::new(group.delimiter(), derived(group.stream()));
                }
                TokenTree::Ident(ident) if ident != "$crate" => set_derived(ident),
                _ => {}
            }
            token
        })
        .collect()
}

/// The expression without the invisible groups that macros put around their arguments.
pub(crate) fn ungrouped(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => ungrouped(&group.expr),
        _ => expr,
    }
}

/// Whether `ty` is a float, which has no `Eq` and no `Hash`.
pub(crate) fn is_float(ty: &Type) -> bool {
    matches!(last_segment(ty), Some((name, _)) if name == "f64" || name == "f32")
}

/// The type inside `ty`, if it is written as an `Option`.
pub(crate) fn option_of(ty: &Type) -> Option<&Type> {
    let (name, arguments) = last_segment(ty)?;
    match arguments.as_slice() {
        [inner] if name == "Option" => Some(inner),
        _ => None,
    }
}

/// Whether a type parameter or lifetime of `generics` is in `ty`.
pub(crate) fn is_generic(ty: &Type, generics: &Generics) -> bool {
    let names: Vec<String> = generics
        .type_params()
        .map(|param| param.ident.to_string())
        .collect();
    mentions(ty.to_token_stream(), &names)
}

/// Whether `ty` is a type parameter of `generics` itself.
pub(crate) fn is_parameter(ty: &Type, generics: &Generics) -> bool {
    match ty {
        Type::Path(path) => generics
            .type_params()
            .any(|param| path.path.is_ident(&param.ident)),
        _ => false,
    }
}

/// Where a lifetime of `generics` is in `ty`, with its name.
pub(crate) fn lifetime_in(ty: &Type, generics: &Generics) -> Option<Ident> {
    let names: Vec<String> = generics
        .lifetimes()
        .map(|param| param.lifetime.ident.to_string())
        .collect();
    find_lifetime(ty.to_token_stream(), &names)
}

fn find_lifetime(tokens: TokenStream, names: &[String]) -> Option<Ident> {
    let mut after_quote = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if after_quote && names.contains(&ident.to_string()) => {
                return Some(ident);
            }
            TokenTree::Group(group) => {
                if let Some(found) = find_lifetime(group.stream(), names) {
                    return Some(found);
                }
                after_quote = false;
            }
            TokenTree::Punct(punct) => after_quote = punct.as_char() == '\'',
            _ => after_quote = false,
        }
    }
    None
}

fn mentions(tokens: TokenStream, names: &[String]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.contains(&ident.to_string()),
        TokenTree::Group(group) => mentions(group.stream(), names),
        _ => false,
    })
}

/// The last name of a path, and the types between its angle brackets.
pub(crate) fn last_segment(ty: &Type) -> Option<(String, Vec<&Type>)> {
    match ty {
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let arguments = match &last.arguments {
                PathArguments::AngleBracketed(arguments) => arguments
                    .args
                    .iter()
                    .filter_map(|argument| match argument {
                        GenericArgument::Type(ty) => Some(ty),
                        _ => None,
                    })
                    .collect(),
                _ => Vec::new(),
            };
            Some((last.ident.to_string(), arguments))
        }
        _ => None,
    }
}
