//! Tokens and types: what both derives ask of what was written, and how their code names the crate.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Expr, GenericArgument, Generics, Path, PathArguments, Type};

/// The path of what the code calls, within [`scoped`].
pub(crate) fn private() -> TokenStream {
    quote!(__gds_metrics)
}

/// The code, where [`private`] means something. All else that it names is found as before. If the crate
/// cannot be found, this is the only error.
pub(crate) fn scoped(krate: &Path, code: &TokenStream) -> TokenStream {
    quote! {
        const _: () = {
            use #krate::__private as __gds_metrics;
            #code
        };
    }
}

/// `tokens` at `span`. An expression lies where all of its tokens lie, and else where the derive does.
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

/// An expression that a macro passed on is in an invisible group.
pub(crate) fn ungrouped(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => ungrouped(&group.expr),
        _ => expr,
    }
}

/// What `ty` is an `Option` of, if it is spelt as one.
pub(crate) fn option_of(ty: &Type) -> Option<&Type> {
    let (name, arguments) = last_segment(ty)?;
    match arguments.as_slice() {
        [inner] if name == "Option" => Some(inner),
        _ => None,
    }
}

/// Whether a type parameter or lifetime of `generics` is in `ty`.
pub(crate) fn is_generic(ty: &Type, generics: &Generics) -> bool {
    fn contains(tokens: TokenStream, names: &[String]) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => names.contains(&ident.to_string()),
            TokenTree::Group(group) => contains(group.stream(), names),
            _ => false,
        })
    }
    let names: Vec<String> = generics
        .type_params()
        .map(|param| param.ident.to_string())
        .collect();
    contains(ty.to_token_stream(), &names)
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
