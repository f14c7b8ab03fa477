//! The syntax of `#[metric(…)]`: a list of `name`, `name = value` and `name(…)`.

mod places;
mod values;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{
    Attribute, Expr, Ident, Lit, Meta, Token,
    ext::IdentExt,
    parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    spanned::Spanned,
    token,
};

pub(crate) use self::{
    places::{OnField, OnHeld, OnLabel, OnLabelSet, OnLabelValue, OnSet, OnVariant, Place},
    values::{ConstantLabel, Count, Text},
};
use crate::{errors::Errors, name};

/// One option.
pub(crate) struct Opt<P> {
    pub(crate) name: P,
    /// The name in the source.
    pub(crate) ident: Ident,
    value: Value,
}

enum Value {
    Flag,
    Expr(Box<Expr>),
    List(TokenStream),
}

/// An option whose name is not checked yet.
struct Written {
    ident: Ident,
    value: Value,
}

impl Parse for Written {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ident = input.call(Ident::parse_any)?.unraw();
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Expr(input.parse()?)
        } else if input.peek(token::Paren) {
            let list;
            parenthesized!(list in input);
            Value::List(list.parse()?)
        } else if input.peek(Token![:]) || input.peek(Lit) {
            let span = input.span();
            let _ = input.parse::<Token![:]>();
            let value = input.parse::<Expr>()?.into_token_stream();
            return Err(syn::Error::new(
                span,
                format_args!("a value comes after `=`: write `{ident} = {value}`"),
            ));
        } else {
            Value::Flag
        };
        Ok(Self { ident, value })
    }
}

/// The options in `attrs` that are allowed in this place. Reports those that are not, and repetitions.
pub(crate) fn options<P: Place>(attrs: &[Attribute], errors: &mut Errors) -> Vec<Opt<P>> {
    let mut options: Vec<Opt<P>> = Vec::new();
    for attr in attrs {
        for Written { ident, value } in written::<P>(attr, errors) {
            let Some(name) = known(&ident, errors) else {
                continue;
            };
            if options.iter().any(|first| first.name == name) {
                errors.push(
                    ident.span(),
                    format_args!("`{ident}` is given twice: remove one of them"),
                );
                continue;
            }
            options.push(Opt { name, ident, value });
        }
    }
    options
}

/// The options of one attribute, if it belongs to this crate.
fn written<P: Place>(attr: &Attribute, errors: &mut Errors) -> Vec<Written> {
    if let (true, Meta::List(list)) = (attr.path().is_ident("prometheus"), &attr.meta) {
        let options = &list.tokens;
        errors.push(
            attr.path().span(),
            format_args!(
                "`#[prometheus(…)]` is for prometheus-client's derive: write `#[metric({options})]`"
            ),
        );
        return Vec::new();
    }
    if !attr.path().is_ident("metric") {
        return Vec::new();
    }
    match &attr.meta {
        Meta::List(_) => {
            let parser = Punctuated::<Written, Token![,]>::parse_terminated;
            match attr.parse_args_with(parser) {
                Ok(options) => return options.into_iter().collect(),
                Err(error) => errors.add(error),
            }
        }
        Meta::NameValue(pair) => {
            let option = P::NAMES.first().copied().unwrap_or_default();
            let value = pair.value.to_token_stream();
            errors.push(
                attr.span(),
                format_args!("options go in parentheses: write `#[metric({option} = {value})]`"),
            );
        }
        Meta::Path(_) => errors.push(
            attr.span(),
            "`#[metric]` needs an option in parentheses: write `#[metric(…)]`",
        ),
    }
    Vec::new()
}

fn known<P: Place>(ident: &Ident, errors: &mut Errors) -> Option<P> {
    let written = ident.to_string();
    let known = P::parse(&written);
    if known.is_none() {
        let elsewhere = P::others()
            .iter()
            .find(|(_, names)| names.contains(&written.as_str()));
        let advice = if let Some((there, _)) = elsewhere {
            format!(
                "`{written}` goes on {there}, not on {}: move it there",
                P::HERE
            )
        } else if let Some(near) = name::nearest(&written, P::NAMES) {
            format!("there is no option `{written}` here: did you mean `{near}`?")
        } else {
            format!(
                "there is no option `{written}` here: expected {}",
                name::list(P::NAMES)
            )
        };
        errors.push(ident.span(), advice);
    }
    known
}
